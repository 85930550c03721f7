//! An article laid out for watches: words and sentences, folded once and shared by all of them.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use vedetta_domain::{Mention, TaggedArticle};

/// One word of title or text.
#[derive(Debug)]
pub(crate) struct Token {
    /// Byte range in its field.
    pub start: usize,
    pub end: usize,
    /// Lower case, without accents.
    pub folded: String,
    /// Only blanks, hyphens or apostrophes part it from the word before: a phrase may go on.
    pub joined: bool,
}

/// A sentence, or the title.
#[derive(Debug)]
pub(crate) struct Sentence {
    /// Byte range in its field.
    pub start: usize,
    pub end: usize,
    pub in_title: bool,
    /// Counts from 0 in the text; the title shares the first paragraph's.
    pub paragraph: usize,
    /// Range of its tokens.
    pub first_token: usize,
    pub last_token: usize,
}

/// An article ready to be held against any number of watches.
#[derive(Debug)]
pub struct Reading<'a> {
    pub(crate) article: &'a TaggedArticle,
    pub(crate) tokens: Vec<Token>,
    /// The title first, if there is one; then the text's, in order.
    pub(crate) sentences: Vec<Sentence>,
}

impl<'a> Reading<'a> {
    /// Lays `article` out. Where it brings no sentence ranges, each line is one.
    pub fn new(article: &'a TaggedArticle) -> Self {
        let mut reading = Self { article, tokens: Vec::new(), sentences: Vec::new() };
        if let Some(title) = article.article.title.as_deref().filter(|t| !t.trim().is_empty()) {
            reading.add(title, 0, title.len(), true, 0);
        }
        let text = article.article.text.as_str();
        let lines: Vec<(usize, usize)>;
        let ranges = if article.sentences.is_empty() {
            lines = line_ranges(text);
            &lines
        } else {
            &article.sentences
        };
        let mut paragraph = 0;
        let mut seen = 0;
        for &(start, end) in ranges {
            // Ranges come from another process: one that does not fit the text is left out.
            if start < seen || text.get(seen..start).is_none() || text.get(start..end).is_none() {
                continue;
            }
            paragraph += usize::from(text[seen..start].contains('\n'));
            reading.add(text, start, end, false, paragraph);
            paragraph += text[start..end].trim_end().matches('\n').count();
            paragraph += usize::from(text[start..end].ends_with('\n'));
            seen = end;
        }
        reading
    }

    fn add(&mut self, field: &str, start: usize, end: usize, in_title: bool, paragraph: usize) {
        let first_token = self.tokens.len();
        let slice = &field[start..end];
        let mut word: Option<usize> = None;
        let mut joined = false;
        let ends = slice.char_indices().map(|(i, c)| (i, Some(c)));
        for (i, c) in ends.chain([(slice.len(), None)]) {
            if c.is_some_and(|c| c.is_alphanumeric() || is_combining_mark(c)) {
                word.get_or_insert(i);
                continue;
            }
            if let Some(from) = word.take() {
                self.tokens.push(Token {
                    start: start + from,
                    end: start + i,
                    folded: fold(&slice[from..i]),
                    joined,
                });
                joined = true;
            }
            joined &= c.is_some_and(|c| c.is_whitespace() || is_joiner(c));
        }
        let last_token = self.tokens.len();
        let sentence = Sentence { start, end, in_title, paragraph, first_token, last_token };
        self.sentences.push(sentence);
    }

    /// Title or text: where a sentence's offsets count.
    pub(crate) fn field(&self, in_title: bool) -> &'a str {
        if in_title {
            self.article.article.title.as_deref().unwrap_or_default()
        } else {
            &self.article.article.text
        }
    }

    /// Every mention with its sentence and its range of tokens.
    pub(crate) fn mentions(&self) -> impl Iterator<Item = (usize, usize, usize, &'a Mention)> + '_ {
        let of_title = self.article.title_mentions.iter().map(|m| (true, m));
        let of_text = self.article.mentions.iter().map(|m| (false, m));
        of_title.chain(of_text).filter_map(|(in_title, mention)| {
            let (sentence, first, last) = self.locate(in_title, mention.start, mention.end)?;
            Some((sentence, first, last, mention))
        })
    }

    /// Sentence and tokens (first and one past the last) that a byte range touches.
    pub(crate) fn locate(&self, in_title: bool, start: usize, end: usize) -> Option<(usize, usize, usize)> {
        let text_from = self.sentences.partition_point(|s| s.in_title);
        let index = if in_title {
            text_from.checked_sub(1)?
        } else {
            text_from + self.sentences[text_from..].partition_point(|s| s.end <= start)
        };
        let sentence = self.sentences.get(index)?;
        let tokens = &self.tokens[sentence.first_token..sentence.last_token];
        let first = sentence.first_token + tokens.partition_point(|t| t.end <= start);
        let last = sentence.first_token + tokens.partition_point(|t| t.start < end);
        (first < last).then_some((index, first, last))
    }
}

/// Lower case without accents; what is not Latin stays as it is.
pub(crate) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

pub(crate) fn is_joiner(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2013}' | '\'' | '\u{2019}')
}

fn line_ranges(text: &str) -> Vec<(usize, usize)> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let range = (at, at + line.trim_end().len());
            at += line.len();
            range
        })
        .filter(|(start, end)| start < end)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_keep_their_place() {
        let mut tagged = TaggedArticle::default();
        tagged.article.title = Some("L’agenzia".into());
        tagged.article.text = "Città, space-based.\nUno.".into();
        let reading = Reading::new(&tagged);
        let words: Vec<_> = reading.tokens.iter().map(|t| (t.folded.as_str(), t.joined)).collect();
        let expected = [
            ("l", false),
            ("agenzia", true),
            ("citta", false),
            ("space", false),
            ("based", true),
            ("uno", false),
        ];
        assert_eq!(words, expected);
        assert_eq!(reading.sentences.iter().map(|s| s.paragraph).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(reading.locate(false, 7, 12), Some((1, 3, 4)));
    }
}
