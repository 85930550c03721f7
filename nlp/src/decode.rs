//! Labels of words into spans of the source text.

use vedetta_domain::EntityKind;

use crate::batch::Verdict;
use crate::model::Span;
use crate::window::Window;

/// What a label says of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Outside,
    Begin(EntityKind),
    Inside(EntityKind),
}

impl Tag {
    /// Reads `B-PER`, `I-ORG`, `LOC`, `O`. Kinds beyond the four classes are [`Tag::Outside`].
    pub(crate) fn parse(label: &str) -> Self {
        let (prefix, name) = match label.split_once(['-', '_']) {
            Some((p, name)) if matches!(p, "B" | "I" | "E" | "S" | "L" | "U") => (p, name),
            _ => ("I", label),
        };
        let kind = match name.to_ascii_uppercase().as_str() {
            "PER" | "PERSON" => EntityKind::Per,
            "ORG" | "ORGANIZATION" | "ORGANISATION" => EntityKind::Org,
            "LOC" | "LOCATION" | "GPE" => EntityKind::Loc,
            "MISC" | "MISCELLANEOUS" => EntityKind::Misc,
            _ => return Self::Outside,
        };
        if matches!(prefix, "B" | "S" | "U") { Self::Begin(kind) } else { Self::Inside(kind) }
    }
}

/// The spans of one text from its windows, in order. An `I-` that follows no span of its kind begins one.
pub(crate) fn spans(text: &str, tags: &[Tag], windows: &[Window], verdicts: &[Vec<Verdict>]) -> Vec<Span> {
    let mut out = Vec::new();
    let mut open: Option<Open> = None;
    for (window, verdicts) in windows.iter().zip(verdicts) {
        for (word, verdict) in window.words.iter().zip(verdicts).take(window.keep.end).skip(window.keep.start)
        {
            let tag = tags.get(verdict.label).copied().unwrap_or(Tag::Outside);
            let kind = match tag {
                Tag::Outside => {
                    close(text, &mut open, &mut out);
                    continue;
                }
                Tag::Begin(kind) | Tag::Inside(kind) => kind,
            };
            match &mut open {
                Some(span) if tag == Tag::Inside(span.kind) && !word.begins => {
                    span.end = word.end;
                    span.sum += verdict.probability;
                    span.words += 1;
                }
                _ => {
                    close(text, &mut open, &mut out);
                    open = Some(Open {
                        start: word.start,
                        end: word.end,
                        kind,
                        sum: verdict.probability,
                        words: 1,
                    });
                }
            }
        }
    }
    close(text, &mut open, &mut out);
    out
}

struct Open {
    start: usize,
    end: usize,
    kind: EntityKind,
    sum: f32,
    words: u32,
}

/// Ends the open span; quotes and commas at its edges are not part of a name.
fn close(text: &str, open: &mut Option<Open>, out: &mut Vec<Span>) {
    let Some(span) = open.take() else { return };
    let slice = &text[span.start..span.end];
    let left = slice.trim_start_matches(is_edge);
    let start = span.start + (slice.len() - left.len());
    let end = start + left.trim_end_matches(is_edge).len();
    if text[start..end].chars().any(char::is_alphanumeric) {
        out.push(Span { start, end, kind: span.kind, score: span.sum / span.words as f32 });
    }
}

fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '“'
                | '”'
                | '«'
                | '»'
                | '\''
                | '‘'
                | '’'
                | ','
                | ';'
                | ':'
                | '-'
                | '–'
                | '—'
                | '('
                | '['
        )
}
