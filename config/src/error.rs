//! Everything that is wrong with a configuration, each with its place and a hint.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file; shipped files are called `shipped:…`.
    pub file: String,
    /// Line, from 1; `None` where the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// All problems of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<Problem>);

impl ConfigErrors {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(
        &mut self,
        file: &str,
        line: Option<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.0.push(Problem { file: file.into(), line, message: message.into(), hint: hint.into() });
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the configuration has {} error(s)", self.0.len())?;
        for problem in &self.0 {
            match problem.line {
                Some(line) => write!(f, "{}:{line}: ", problem.file)?,
                None => write!(f, "{}: ", problem.file)?,
            }
            writeln!(f, "{} (hint: {})", problem.message, problem.hint)?;
        }
        Ok(())
    }
}
