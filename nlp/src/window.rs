//! Text into windows of pieces that the model reads at once.

use std::collections::HashMap;
use std::ops::Range;

use rust_tokenizers::Mask;
use rust_tokenizers::tokenizer::{BertTokenizer, Tokenizer};
use rust_tokenizers::vocab::{BertVocab, Vocab};

use crate::casing;

/// Pieces of a window, `[CLS]` and `[SEP]` among them: what the built-in model was trained with.
pub(crate) const LIMIT: usize = 160;
/// Pieces that two windows of one long sentence share, so that every word has context on both sides.
const OVERLAP: usize = 32;

/// One word as BERT's BasicTokenizer parts them.
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
    tokenizer: BertTokenizer,
    pub(crate) cls: i64,
    pub(crate) sep: i64,
    pub(crate) pad: i64,
    limit: usize,
    with_case: bool,
}

impl Encoder {
    /// From the text of a `vocab.txt`; `Err` says what is wrong with it.
    pub(crate) fn new(
        vocab: &str,
        lower_case: Option<bool>,
        strip_accents: Option<bool>,
        limit: usize,
        with_case: bool,
    ) -> Result<Self, String> {
        let values: HashMap<String, i64> =
            vocab.lines().enumerate().map(|(id, piece)| (piece.trim_end().to_owned(), id as i64)).collect();
        let mut special = HashMap::new();
        for name in ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"] {
            let id = values.get(name).ok_or_else(|| format!("it has no line {name}"))?;
            special.insert(name.to_owned(), *id);
        }
        let reversed = |map: &HashMap<String, i64>| map.iter().map(|(k, v)| (*v, k.clone())).collect();
        let lower_case = lower_case.unwrap_or_else(|| {
            !values
                .keys()
                .any(|piece| !piece.starts_with('[') && piece.bytes().any(|b| b.is_ascii_uppercase()))
        });
        let (cls, sep, pad) = (special["[CLS]"], special["[SEP]"], special["[PAD]"]);
        let mut vocab = BertVocab {
            indices: reversed(&values),
            special_indices: reversed(&special),
            values,
            special_values: special,
            special_token_map: Default::default(),
        };
        vocab.special_token_map.unk_token = "[UNK]".into();
        let tokenizer =
            BertTokenizer::from_existing_vocab(vocab, lower_case, strip_accents.unwrap_or(lower_case));
        Ok(Self { tokenizer, cls, sep, pad, limit: limit.min(LIMIT) - 2, with_case })
    }

    /// The pieces' texts.
    pub(crate) fn piece_texts(&self, pieces: &[i64]) -> Vec<String> {
        pieces.iter().map(|id| Tokenizer::vocab(&self.tokenizer).id_to_token(id)).collect()
    }

    /// The words of one sentence, which begins at byte `base` of its text.
    fn words(&self, sentence: &str, base: usize) -> Vec<Word> {
        // The tokenizer counts in characters; slices need bytes.
        let mut bytes: Vec<usize> = sentence.char_indices().map(|(at, _)| at).collect();
        bytes.push(sentence.len());
        let byte_at = |c: u32| bytes.get(c as usize).copied().unwrap_or(sentence.len());
        let tokens = self.tokenizer.tokenize_with_offsets(sentence);
        let vocab = Tokenizer::vocab(&self.tokenizer);
        let mut words: Vec<Word> = Vec::new();
        for ((piece, offset), mask) in tokens.tokens.iter().zip(&tokens.offsets).zip(&tokens.masks) {
            let Some(offset) = offset else { continue };
            let (start, end) = (byte_at(offset.begin), byte_at(offset.end));
            let id = vocab.token_to_id(piece);
            match words.last_mut() {
                Some(word) if *mask == Mask::Continuation => {
                    word.pieces.push(id);
                    word.end = word.end.max(base + end);
                }
                _ => words.push(Word {
                    start: base + start,
                    end: base + end.max(start),
                    pieces: vec![id],
                    case: 0,
                    begins: words.is_empty(),
                }),
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
            let words = self.words(&text[start..end], start);
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

/// The word about `pieces` pieces before `to`.
fn back(words: &[Word], to: usize, pieces: usize) -> usize {
    let (mut at, mut size) = (to, 0);
    while at > 0 && size < pieces {
        at -= 1;
        size += words[at].pieces.len();
    }
    at
}
