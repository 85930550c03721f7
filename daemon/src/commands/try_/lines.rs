//! JSONL in, JSONL out: streamed, in order, batched; a line that cannot be read is answered as such.

use std::io::{self, BufRead, BufWriter, IsTerminal, Read, Write};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use vedetta_domain::Article;
use vedetta_nlp::Hints;

use crate::worker::read::bare;

/// Lines that go through the model together.
const BATCH: usize = 64;

/// A batch is closed early once it holds this many bytes.
const BATCH_BYTES: usize = 4 << 20;

/// Longest line.
const LINE: u64 = 64 << 20;

/// One line of input.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    /// Given back untouched.
    pub id: Value,
    /// The text.
    pub text: String,
    /// Id of a configured source.
    #[serde(default)]
    pub source: Option<String>,
    /// Address.
    #[serde(default)]
    pub url: Option<String>,
    /// Title.
    #[serde(default)]
    pub title: Option<String>,
    /// RFC 3339, with or without a time.
    #[serde(default)]
    pub published: Option<String>,
    /// Language that the source declares.
    #[serde(default)]
    pub language: Option<String>,
}

impl Line {
    /// The line as an article with hints for its language.
    pub fn article(&self) -> (Article, Hints) {
        let published = self.published.as_deref().and_then(date);
        let article =
            bare(self.url.clone().unwrap_or_default(), self.title.clone(), self.text.clone(), published);
        (article, Hints { feed: self.language.clone(), declared: None })
    }
}

fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
    })
}

/// Reads standard input to its end and writes what `answer` makes of each batch of readable lines.
pub fn run(mut answer: impl FnMut(&[Line]) -> anyhow::Result<Vec<Value>>) -> anyhow::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = BufWriter::new(io::stdout().lock());
    let progress = progress();
    let mut batch: Vec<Result<Line, String>> = Vec::new();
    let mut bytes = 0;
    while let Some(line) = next(&mut input)? {
        bytes += line.len();
        if !line.iter().all(u8::is_ascii_whitespace) {
            batch.push(parse(&line));
        }
        // A person who types lines one by one is answered one by one.
        let more = batch.len() < BATCH && bytes < BATCH_BYTES && !io::stdin().is_terminal();
        if !more {
            progress.inc(batch.len() as u64);
            write(&mut output, std::mem::take(&mut batch), &mut answer)?;
            bytes = 0;
        }
    }
    write(&mut output, batch, &mut answer)?;
    progress.finish_and_clear();
    Ok(())
}

/// The next line without its end; an over-long line is cut and will not parse.
fn next(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if input.take(LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 == LINE && line.last() != Some(&b'\n') {
        // The rest of the line belongs to it, not to the next answer.
        loop {
            let rest = input.fill_buf()?;
            if rest.is_empty() {
                break;
            }
            match rest.iter().position(|&b| b == b'\n') {
                Some(at) => {
                    input.consume(at + 1);
                    break;
                }
                None => {
                    let all = rest.len();
                    input.consume(all);
                }
            }
        }
    }
    Ok(Some(line))
}

fn parse(line: &[u8]) -> Result<Line, String> {
    serde_json::from_slice(line).map_err(|error| format!("not a line of {{\"id\",\"text\"}}: {error}"))
}

fn write(
    output: &mut impl Write,
    batch: Vec<Result<Line, String>>,
    answer: &mut impl FnMut(&[Line]) -> anyhow::Result<Vec<Value>>,
) -> anyhow::Result<()> {
    let readable: Vec<Line> = batch.iter().filter_map(|line| line.as_ref().ok().cloned()).collect();
    let mut answers = if readable.is_empty() { Vec::new() } else { answer(&readable)? }.into_iter();
    for line in batch {
        let row = match line {
            Ok(line) => answers
                .next()
                .unwrap_or_else(|| json!({ "id": line.id, "error": "the stage gave no answer" })),
            Err(error) => json!({ "id": null, "error": error }),
        };
        writeln!(output, "{row}")?;
    }
    output.flush()?;
    Ok(())
}

/// A counter on standard error where a person watches.
fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() || io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} texts, {per_sec}, {elapsed}") {
        bar.set_style(style);
    }
    bar
}
