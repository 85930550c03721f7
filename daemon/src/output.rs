//! Standard output for people and programs. A reader that went away (`| head`) ends the command quietly.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
};

/// Prints a line; an error is the caller's, as with any other writing.
macro_rules! say {
    ($($part:tt)*) => {
        $crate::output::line(format_args!($($part)*))?
    };
}
pub(crate) use say;

/// Writes one line.
pub fn line(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Whether a command failed only because nobody reads its output any more.
pub fn reader_is_gone(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}
