//! Text into windows of pieces that the model reads at once.

use std::ops::Range;

use rust_bert::pipelines::common::TokenizerOption;
use rust_tokenizers::{Mask, TokenIdsWithOffsets};

use crate::{casing, tokenizer};

/// Pieces of a window, `[CLS]` and `[SEP]` among them: what the built-in model was trained with.
pub(crate) const LIMIT: usize = 160;
/// Pieces that two windows of one long sentence share, so that every word has context on both sides.
const OVERLAP: usize = 32;

/// One word as BERT's BasicTokenizer parts them: at white space and at punctuation.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// Byte range in the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Ids of its pieces; the first one carries the label.
    pub(crate) pieces: Vec<i64>,
    /// Letter-case class, the token type of all its pieces.
    pub(crate) case: i64,
    /// Whether a sentence begins here: no name goes across.
    pub(crate) begins: bool,
}

/// Words that the model sees together. Only those in `keep` are decided here.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) words: Vec<Word>,
    pub(crate) keep: Range<usize>,
}

impl Window {
    /// Pieces with the two special ones.
    pub(crate) fn len(&self) -> usize {
        2 + self.words.iter().map(|w| w.pieces.len()).sum::<usize>()
    }
}

/// Tokenizer and shape of one model's input.
pub(crate) struct Encoder {
    tokenizer: TokenizerOption,
    pub(crate) cls: i64,
    pub(crate) sep: i64,
    pub(crate) pad: i64,
    limit: usize,
    with_case: bool,
    /// Whether its pieces may run over punctuation (byte pairs, SentencePiece), so that words are parted here.
    parts_words: bool,
}

impl Encoder {
    /// `positions`: what the network can take. With `with_case` the token types say the letter case.
    pub(crate) fn new(tokenizer: TokenizerOption, positions: usize, with_case: bool) -> Self {
        // What every family puts around one text: its two special pieces.
        let empty =
            TokenIdsWithOffsets { ids: vec![], offsets: vec![], reference_offsets: vec![], masks: vec![] };
        let around = tokenizer.build_input_with_special_tokens(empty, None).token_ids;
        Self {
            cls: around.first().copied().unwrap_or_default(),
            sep: around.last().copied().unwrap_or_default(),
            pad: tokenizer.get_pad_id().unwrap_or_default(),
            limit: LIMIT.min(positions).max(4) - 2,
            with_case,
            parts_words: !matches!(tokenizer, TokenizerOption::Bert(_)),
            tokenizer,
        }
    }

    /// Pieces of the longest window, special ones counted.
    pub(crate) fn longest(&self) -> usize {
        self.limit + 2
    }

    /// The pieces' texts.
    pub(crate) fn piece_texts(&self, pieces: &[i64]) -> Vec<String> {
        pieces.iter().map(|id| tokenizer::piece_text(&self.tokenizer, *id)).collect()
    }

    /// The words of one sentence, which begins at byte `base` of its text.
    fn words(&self, sentence: &str, base: usize) -> Vec<Word> {
        // The tokenizer counts in characters; slices need bytes.
        let mut bytes: Vec<usize> = sentence.char_indices().map(|(at, _)| at).collect();
        bytes.push(sentence.len());
        let byte_at = |c: u32| bytes.get(c as usize).copied().unwrap_or(sentence.len());
        let tokens = self.tokenizer.tokenize_with_offsets(sentence);
        let ids = self.tokenizer.convert_tokens_to_ids(&tokens.tokens);
        let mut words: Vec<Word> = Vec::new();
        // Pieces without letters of their own ("▁") belong to the word that follows.
        let mut ahead: Vec<i64> = Vec::new();
        let pieces = tokens.tokens.iter().zip(ids);
        for (((piece, id), offset), mask) in pieces.zip(&tokens.offsets).zip(&tokens.masks) {
            let Some(offset) = offset else { continue };
            let (mut start, end) = (byte_at(offset.begin), byte_at(offset.end));
            let mut continues = *mask == Mask::Continuation;
            if self.parts_words {
                start = end - sentence.get(start..end).unwrap_or_default().trim_start().len();
                // SentencePiece's space before the text counts as the text's first character.
                if start == end || piece == "▁" {
                    ahead.push(id);
                    continue;
                }
                // One character may be several pieces of bytes.
                let inside = words.last().is_some_and(|word| base + start < word.end);
                continues = inside || (ahead.is_empty() && start > 0 && joined(sentence, start));
            }
            match words.last_mut() {
                Some(word) if continues => {
                    word.pieces.push(id);
                    word.end = word.end.max(base + end);
                }
                _ => {
                    let mut pieces = std::mem::take(&mut ahead);
                    pieces.push(id);
                    words.push(Word {
                        start: base + start,
                        end: base + end.max(start),
                        pieces,
                        case: 0,
                        begins: words.is_empty(),
                    });
                }
            }
        }
        if self.with_case {
            for word in &mut words {
                word.case = casing::case_of(&sentence[word.start - base..word.end - base]);
            }
        }
        words
    }

    /// Windows of whole sentences, as many as fit; a longer sentence is cut between words, with an overlap.
    pub(crate) fn windows(&self, text: &str, sentences: &[(usize, usize)]) -> Vec<Window> {
        let mut windows = Vec::new();
        let mut open: Vec<Word> = Vec::new();
        let mut size = 0;
        let close = |words: &mut Vec<Word>, windows: &mut Vec<Window>| {
            if !words.is_empty() {
                windows.push(Window { keep: 0..words.len(), words: std::mem::take(words) });
            }
        };
        for &(start, end) in sentences {
            // Byte pairs read a word after a space otherwise than one that begins a text.
            let space = usize::from(self.parts_words && text[..start].ends_with(' '));
            let words = self.words(&text[start - space..end], start - space);
            let length: usize = words.iter().map(|w| w.pieces.len()).sum();
            if size + length > self.limit {
                close(&mut open, &mut windows);
                size = 0;
            }
            if length > self.limit {
                self.cut(&words, &mut windows);
            } else {
                size += length;
                open.extend(words);
            }
        }
        close(&mut open, &mut windows);
        windows
    }

    /// Cuts one long sentence; each word is kept by the window that shows more of its surroundings.
    fn cut(&self, words: &[Word], windows: &mut Vec<Window>) {
        let overlap = OVERLAP.min(self.limit / 4);
        let (mut from, mut kept) = (0, 0);
        while kept < words.len() {
            let (mut to, mut size) = (from, 0);
            while to < words.len() && size + words[to].pieces.len() <= self.limit {
                size += words[to].pieces.len();
                to += 1;
            }
            // A word longer than a window would stand still: the tokenizer never makes one.
            to = to.max(kept + 1).max(from + 1);
            let next = if to == words.len() { to } else { back(words, to, overlap).max(from + 1) };
            let keep_to = if to == words.len() { to } else { back(words, to, overlap / 2).max(kept + 1) };
            windows.push(Window { words: words[from..to].to_vec(), keep: kept - from..keep_to - from });
            (from, kept) = (next.min(keep_to), keep_to);
        }
    }
}

/// Whether the character at byte `at` goes on with the word before it.
fn joined(sentence: &str, at: usize) -> bool {
    let before = sentence[..at].chars().next_back();
    let after = sentence[at..].chars().next();
    before.zip(after).is_some_and(|(a, b)| a.is_alphanumeric() && b.is_alphanumeric())
}

/// The word about `pieces` pieces before `to`.
fn back(words: &[Word], to: usize, pieces: usize) -> usize {
    let (mut at, mut size) = (to, 0);
    while at > 0 && size < pieces {
        at -= 1;
        size += words[at].pieces.len();
    }
    at
}
