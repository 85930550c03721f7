//! A PDF report to the article in it: page by page through pdf-extract, lines joined to paragraphs.
//!
//! The library panics on odd files; a page that does so costs itself. It runs where pages are read, in the worker,
//! whose memory and time are bounded.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use pdf_extract::{Dictionary, Document, Object, PlainTextOutput, decode_text_string, output_doc_page};
use vedetta_domain::{Article, Page, PageKind};

use crate::{ReadError, date, plain::fold};

/// Pages that are read.
const MOST_PAGES: usize = 200;

/// Bytes of text after which reading stops.
const MOST_TEXT: usize = 2_000_000;

/// A document with fewer letters holds pictures of text.
const LEAST: usize = 60;

/// Whether a page's bytes are a PDF, whatever its header says.
pub fn is_pdf(page: &Page) -> bool {
    page.body[..page.body.len().min(1_024)].windows(5).any(|bytes| bytes == b"%PDF-")
        && !page.content_type.as_deref().is_some_and(|kind| kind.contains("html"))
}

/// Reads a report.
pub fn read(page: &Page, now: Timestamp) -> Result<Article, ReadError> {
    let broken = |why: String| ReadError::NoArticle { url: page.url.clone(), why };
    let document = guarded(|| Document::load_mem(&page.body).map_err(|error| error.to_string()))
        .and_then(|loaded| loaded)
        .map_err(|why| broken(format!("the PDF cannot be opened ({why})")))?;
    if document.is_encrypted() {
        return Err(broken("the PDF is locked with a password".to_owned()));
    }
    let (lines, failed) = lines(&document);
    let text = paragraphs(&lines);
    if text.chars().filter(|c| c.is_alphabetic()).count() < LEAST {
        let why = match failed {
            0 => "the PDF has next to no text; its pages may be pictures".to_owned(),
            pages => format!("{pages} page(s) of the PDF cannot be read"),
        };
        return Err(broken(why));
    }
    let declared = guarded(|| Declared::of(&document, now)).unwrap_or_default();
    let title = declared.title.or_else(|| text.lines().next().map(|line| line.chars().take(200).collect()));
    let text = match (text.split_once('\n'), &title) {
        (Some((first, rest)), Some(title)) if first.eq_ignore_ascii_case(title) => rest.to_owned(),
        _ => text,
    };
    Ok(Article {
        url: page.url.clone(),
        title,
        text,
        published: declared.published,
        authors: declared.author.into_iter().collect(),
        declared_language: declared.language.or_else(|| page.content_language.clone()),
        kind: PageKind::Article,
        ..Article::default()
    })
}

/// Runs what may panic.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "the reader of PDFs failed on it".to_owned())
}

/// The lines of all pages, and how many pages could not be read.
fn lines(document: &Document) -> (Vec<String>, usize) {
    let (mut text, mut failed) = (String::new(), 0);
    let pages = guarded(|| document.get_pages()).unwrap_or_default();
    for number in pages.keys().take(MOST_PAGES) {
        let mut one = String::new();
        let read = guarded(|| output_doc_page(document, &mut PlainTextOutput::new(&mut one), *number));
        failed += usize::from(!matches!(read, Ok(Ok(()))));
        text.push_str(&one);
        text.push('\n');
        if text.len() > MOST_TEXT {
            text.truncate(text.floor_char_boundary(MOST_TEXT));
            break;
        }
    }
    let mut lines: Vec<String> = text.lines().filter_map(fold).collect();
    running_heads(&mut lines, pages.len());
    (lines, failed)
}

/// Takes out what stands on most pages, and page numbers.
fn running_heads(lines: &mut Vec<String>, pages: usize) {
    let bare = |line: &str| line.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let mut counts = std::collections::HashMap::new();
    for line in lines.iter().filter(|line| line.len() < 120) {
        *counts.entry(bare(line)).or_insert(0_usize) += 1;
    }
    lines.retain(|line| {
        let number = line.chars().all(|c| c.is_ascii_digit() || c.is_whitespace());
        let repeated = counts.get(&bare(line)).is_some_and(|count| *count >= 3 && *count * 2 > pages);
        !(number || line.len() < 120 && repeated)
    });
}

/// Lines that go on in the next one are joined: those as long as most, unless a sentence ends with them and the next
/// begins with a capital after a short line. A hyphen at the end of a line goes.
fn paragraphs(lines: &[String]) -> String {
    let mut lengths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
    lengths.sort_unstable();
    let full = lengths.get(lengths.len() * 9 / 10).copied().unwrap_or(0) * 7 / 10;
    let mut out = String::new();
    let mut open = false;
    for line in lines {
        let begins_small = line.starts_with(|c: char| c.is_lowercase());
        if !out.is_empty() {
            if open && begins_small && ends_with_hyphen(&out) {
                out.pop();
            } else if open || begins_small {
                out.push(' ');
            } else {
                out.push('\n');
            }
        }
        out.push_str(line);
        let ends = line.ends_with(['.', '!', '?', ':', '…', '”', '»']);
        open = line.chars().count() >= full && !(ends && line.chars().count() < full * 13 / 10);
    }
    out
}

fn ends_with_hyphen(text: &str) -> bool {
    let mut last = text.chars().rev();
    last.next() == Some('-') && last.next().is_some_and(char::is_alphabetic)
}

/// What a document says of itself.
#[derive(Default)]
struct Declared {
    title: Option<String>,
    author: Option<String>,
    published: Option<Timestamp>,
    language: Option<String>,
}

impl Declared {
    fn of(document: &Document, now: Timestamp) -> Self {
        let info = document
            .trailer
            .get(b"Info")
            .ok()
            .and_then(|info| document.dereference(info).ok())
            .and_then(|(_, info)| info.as_dict().ok());
        let text = |dictionary: Option<&Dictionary>, key: &[u8]| {
            let value: &Object = dictionary?.get(key).ok()?;
            fold(&decode_text_string(value).ok()?)
        };
        Self {
            title: text(info, b"Title").filter(|title| is_title(title)),
            author: text(info, b"Author").filter(|author| author.contains(' ')),
            published: text(info, b"CreationDate").and_then(|text| moment(&text, now)),
            language: text(document.catalog().ok(), b"Lang"),
        }
    }
}

/// Programs write the file's name where the title should be.
fn is_title(title: &str) -> bool {
    let lower = title.to_lowercase();
    let of_program = ["microsoft word", "untitled", "senza titolo", "layout 1", "slide 1", "documento"];
    title.contains(' ')
        && title.chars().count() >= 12
        && !of_program.iter().any(|start| lower.starts_with(start))
        && ![".doc", ".docx", ".indd", ".pdf", ".qxd", ".pptx"].iter().any(|end| lower.ends_with(end))
}

/// `D:20260301102030+01'00'`.
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    let digits: String = text.trim_start_matches("D:").chars().take_while(char::is_ascii_digit).collect();
    let part = |range: std::ops::Range<usize>, default: &str| digits.get(range).unwrap_or(default).to_owned();
    let (year, month, day) = (digits.get(..4)?, part(4..6, "01"), part(6..8, "01"));
    let time = format!("{}:{}:{}", part(8..10, "00"), part(10..12, "00"), part(12..14, "00"));
    date::parse(&format!("{year}-{month}-{day}T{time}Z"), now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_paragraphs() {
        let check = |lines: &[&str], expected: &str| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            assert_eq!(paragraphs(&lines), expected);
        };
        check(&[], "");
        check(
            &[
                "Two satellites for Karachi",
                "The commission said that the second satellite would be ready within a",
                "year, and that its cameras had been tested in a vacuum cham-",
                "ber near the coast.",
                "No price was given. Earlier contracts of this kind were paid in part",
                "with loans.",
            ],
            "Two satellites for Karachi\nThe commission said that the second satellite would be ready within a year, and \
             that its cameras had been tested in a vacuum chamber near the coast.\nNo price was given. Earlier contracts \
             of this kind were paid in part with loans.",
        );
    }

    #[test]
    fn running_heads_go() {
        let mut lines: Vec<String> = (1..=4)
            .flat_map(|n| {
                [
                    format!("Policy Brief {n}"),
                    format!("Text of page {} alone", "abcd".repeat(n)),
                    n.to_string(),
                ]
            })
            .collect();
        running_heads(&mut lines, 4);
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.starts_with("Text of page")));
    }

    #[test]
    fn dates_of_documents() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("D:20260301102030+01'00'", Some("2026-03-01T10:20:30Z")),
            ("D:20260301", Some("2026-03-01T00:00:00Z")),
            ("2026", Some("2026-01-01T00:00:00Z")),
            ("D:20991231", None),
            ("yesterday", None),
        ] {
            assert_eq!(moment(text, now), expected.map(|e| e.parse().unwrap()), "{text}");
        }
    }
}
