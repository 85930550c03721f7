//! How near is near.

/// The stretch of an article inside which groups must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// So many words of one sentence.
    Words(usize),
    /// So many sentences in a row.
    Sentences(usize),
    /// The passage under judgement.
    Passage,
    Paragraph,
    Title,
    Article,
}

impl Within {
    /// Reads `sentence`, `3 sentences`, `6 words`, `passage`, `paragraph`, `title` or `article`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim() {
            "sentence" => Self::Sentences(1),
            "passage" => Self::Passage,
            "paragraph" => Self::Paragraph,
            "title" => Self::Title,
            "article" => Self::Article,
            other => {
                let (number, unit) = other.split_once(' ')?;
                let number = number.parse().ok().filter(|n| (1..=50).contains(n))?;
                match unit.trim() {
                    "word" | "words" => Self::Words(number),
                    "sentence" | "sentences" => Self::Sentences(number),
                    _ => return None,
                }
            }
        })
    }
}
