//! The tokenizer that belongs to a model: WordPiece, byte pairs or SentencePiece, by its family.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rust_bert::pipelines::common::{ModelType, TokenizerOption};
use rust_tokenizers::tokenizer::{BertTokenizer, Tokenizer};
use rust_tokenizers::vocab::{BertVocab, Vocab};
use serde::Deserialize;

use crate::model::ModelError;
use crate::net::Family;

/// `tokenizer_config.json`, which may be absent.
#[derive(Default, Deserialize)]
pub(crate) struct TokenizerConfig {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    add_prefix_space: Option<bool>,
}

impl TokenizerConfig {
    /// Of the file's bytes, where there is one.
    pub(crate) fn read(bytes: Option<&[u8]>) -> Result<Self, ModelError> {
        bytes.map_or(Ok(Self::default()), |bytes| {
            serde_json::from_slice(bytes)
                .map_err(|e| ModelError::Config { file: "tokenizer_config.json", reason: e.to_string() })
        })
    }
}

/// The files that a family's tokenizer is made of: vocabulary, and merges for byte pairs.
fn files(family: Family) -> (&'static str, Option<&'static str>) {
    match family {
        Family::Bert | Family::DistilBert | Family::Electra => ("vocab.txt", None),
        Family::Roberta | Family::Deberta => ("vocab.json", Some("merges.txt")),
        Family::XlmRoberta => ("sentencepiece.bpe.model", None),
        Family::Albert => ("spiece.model", None),
        Family::DebertaV2 => ("spm.model", None),
    }
}

/// The tokenizer of a folder; `pieces` is the vocabulary's size by `config.json`.
pub(crate) fn load(
    family: Family,
    folder: &Path,
    config: &TokenizerConfig,
    pieces: i64,
) -> Result<TokenizerOption, ModelError> {
    let (vocab, merges) = files(family);
    for name in [Some(vocab), merges].into_iter().flatten() {
        let path = folder.join(name);
        if let Err(source) = std::fs::metadata(&path) {
            return Err(ModelError::File { path, source });
        }
    }
    if vocab == "vocab.txt" {
        let path = folder.join(vocab);
        let bytes = std::fs::read(&path).map_err(|source| ModelError::File { path, source })?;
        return word_piece(&bytes, config, pieces);
    }
    let kind = match family {
        Family::Roberta => ModelType::Roberta,
        Family::XlmRoberta => ModelType::XLMRoberta,
        Family::Albert => ModelType::Albert,
        Family::Deberta => ModelType::Deberta,
        Family::DebertaV2 => ModelType::DebertaV2,
        Family::Bert | Family::DistilBert | Family::Electra => ModelType::Bert,
    };
    let unusable = |reason: String| ModelError::Config { file: vocab, reason };
    let name = |name: &str| {
        let path = folder.join(name);
        path.to_str().map(str::to_owned).ok_or_else(|| unusable(format!("the path {path:?} is not UTF-8")))
    };
    let (vocab, merges) = (name(vocab)?, merges.map(name).transpose()?);
    // ALBERT's files are of lower-case text unless they say otherwise.
    let lower_case = config.do_lower_case.unwrap_or(family == Family::Albert);
    let prefix_space = match family {
        Family::Roberta => config.add_prefix_space,
        // SentencePiece puts a space before every text.
        Family::Albert => Some(true),
        _ => None,
    };
    // The readers of these files panic on what they do not expect.
    catch_unwind(AssertUnwindSafe(|| {
        TokenizerOption::from_file(kind, &vocab, merges.as_deref(), lower_case, None, prefix_space)
    }))
    .map_err(|_| unusable("its reader panicked: it is damaged or of another kind".into()))?
    .map_err(|error| unusable(error.to_string()))
}

/// A WordPiece tokenizer of the bytes of a `vocab.txt`.
pub(crate) fn word_piece(
    vocab: &[u8],
    config: &TokenizerConfig,
    pieces: i64,
) -> Result<TokenizerOption, ModelError> {
    let unusable = |reason: String| ModelError::Config { file: "vocab.txt", reason };
    let vocab = std::str::from_utf8(vocab).map_err(|e| unusable(e.to_string()))?;
    let values: HashMap<String, i64> =
        vocab.lines().enumerate().map(|(id, piece)| (piece.trim_end().to_owned(), id as i64)).collect();
    if vocab.lines().count() as i64 > pieces {
        return Err(unusable(format!("it has more lines than config.json's {pieces} pieces")));
    }
    let mut special = HashMap::new();
    for name in ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"] {
        let id = values.get(name).ok_or_else(|| unusable(format!("it has no line {name}")))?;
        special.insert(name.to_owned(), *id);
    }
    let lower_case = config.do_lower_case.unwrap_or_else(|| {
        !values.keys().any(|piece| !piece.starts_with('[') && piece.bytes().any(|b| b.is_ascii_uppercase()))
    });
    let reversed = |map: &HashMap<String, i64>| map.iter().map(|(k, v)| (*v, k.clone())).collect();
    let mut vocab = BertVocab {
        indices: reversed(&values),
        special_indices: reversed(&special),
        values,
        special_values: special,
        special_token_map: Default::default(),
    };
    vocab.special_token_map.unk_token = "[UNK]".into();
    let strip_accents = config.strip_accents.unwrap_or(lower_case);
    Ok(TokenizerOption::Bert(BertTokenizer::from_existing_vocab(vocab, lower_case, strip_accents)))
}

/// A piece as the vocabulary writes it.
pub(crate) fn piece_text(tokenizer: &TokenizerOption, id: i64) -> String {
    match tokenizer {
        TokenizerOption::Bert(tokenizer) => Tokenizer::vocab(tokenizer).id_to_token(&id),
        TokenizerOption::Roberta(tokenizer) => Tokenizer::vocab(tokenizer).id_to_token(&id),
        TokenizerOption::XLMRoberta(tokenizer) => Tokenizer::vocab(tokenizer).id_to_token(&id),
        TokenizerOption::Albert(tokenizer) => Tokenizer::vocab(tokenizer).id_to_token(&id),
        TokenizerOption::Deberta(tokenizer) => Tokenizer::vocab(tokenizer).id_to_token(&id),
        TokenizerOption::DebertaV2(tokenizer) => Tokenizer::vocab(tokenizer).id_to_token(&id),
        other => other.decode(&[id], false, false),
    }
}
