//! The named-entity model: a BERT token classifier in the Hugging Face layout.

use std::path::{Path, PathBuf};

use rust_bert::bert::{BertConfig, BertForTokenClassification};
use serde::Deserialize;
use vedetta_domain::EntityKind;

use crate::batch::{Verdict, label_windows};
use crate::decode::{self, Tag};
use crate::window::{Encoder, LIMIT, Window};
use crate::{Precision, casing, sentences, weights};

/// Families that can be loaded.
const FAMILIES: &[&str] = &["bert"];

/// Why a model cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is missing or cannot be read.
    #[error(
        "model file {} cannot be read: {source}; the folder must hold config.json, vocab.txt and model.safetensors: \
         correct its path, or fetch the model again", path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `config.json` or another small file is not what it should be.
    #[error("model {file} is not usable: {reason}; take the file that belongs to the weights")]
    Config {
        /// The file's name.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The model is of a family that is not loaded.
    #[error("model family `{0}` is not supported yet; supported: bert. name a model of that family")]
    Family(String),
    /// `model.safetensors` does not fit `config.json`.
    #[error(
        "model.safetensors is not usable: {0}; take the file that belongs to config.json, or fetch the model again"
    )]
    Weights(String),
    /// The model failed on a batch.
    #[error("the model failed on a batch: {0}; the articles can be tagged again")]
    Run(String),
}

/// A name that the model found.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Byte offset of its start in the text.
    pub start: usize,
    /// Byte offset of its end.
    pub end: usize,
    /// Class.
    pub kind: EntityKind,
    /// Mean probability of its words' labels.
    pub score: f32,
}

/// What the model makes of one word, for tests and for people who ask.
#[derive(Debug, Clone, PartialEq)]
pub struct WordLabel {
    /// Byte range in the text.
    pub range: (usize, usize),
    /// The word's pieces as the vocabulary writes them.
    pub pieces: Vec<String>,
    /// The pieces' ids.
    pub ids: Vec<i64>,
    /// Letter-case class, 0 … 3.
    pub case: i64,
    /// Label as the model names it.
    pub label: String,
    /// The label of the highest score alone; differs where the labels of the words beside it forbid it.
    pub raw: String,
    /// Probability of `label`.
    pub score: f32,
}

/// The parts of `config.json` beside rust-bert's own.
#[derive(Deserialize)]
struct Family {
    #[serde(default)]
    model_type: String,
    #[serde(default)]
    position_embedding_type: Option<String>,
    /// Our own key: how the letter case goes in, `token_type_ids` or not at all.
    #[serde(default)]
    vedetta_letter_case: Option<String>,
    /// Our own key: `IOB2` where the training let every name begin with its `B-`. Other models are decoded word by
    /// word, since many begin names with `I-`.
    #[serde(default)]
    vedetta_tagging: Option<String>,
}

/// `tokenizer_config.json`, which may be absent.
#[derive(Default, Deserialize)]
struct TokenizerConfig {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
}

/// A loaded model. Tensors are `Send` and not `Sync`: one thread uses it at a time.
pub struct NerModel {
    net: BertForTokenClassification,
    encoder: Encoder,
    labels: Vec<String>,
    tags: Vec<Tag>,
    iob2: bool,
    id: String,
}

impl NerModel {
    /// Loads `config.json`, `vocab.txt`, `model.safetensors` and, where it is there, `tokenizer_config.json`.
    pub fn load(folder: &Path, precision: Precision) -> Result<Self, ModelError> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|source| ModelError::File { path, source })
        };
        let config = read("config.json")?;
        // The family first: another family's folder has other files.
        family(&config)?;
        let tokenizer = match read("tokenizer_config.json") {
            Ok(bytes) => Some(bytes),
            Err(ModelError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let (vocab, weights) = (read("vocab.txt")?, read("model.safetensors")?);
        Self::from_bytes(&config, &vocab, tokenizer.as_deref(), &weights, precision)
    }

    /// Builds a model from the files' contents.
    pub fn from_bytes(
        config: &[u8],
        vocab: &[u8],
        tokenizer: Option<&[u8]>,
        safetensors: &[u8],
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let family = family(config)?;
        let config_error = |reason: String| ModelError::Config { file: "config.json", reason };
        let mut config: BertConfig =
            serde_json::from_slice(config).map_err(|e| config_error(e.to_string()))?;
        check_sizes(&config).map_err(config_error)?;
        (config.output_attentions, config.output_hidden_states) = (None, None);
        let labels = labels(&config).map_err(config_error)?;
        let tags: Vec<Tag> = labels.iter().map(|label| Tag::parse(label)).collect();
        if tags.iter().all(|tag| *tag == Tag::Outside) {
            return Err(config_error(format!(
                "none of its labels is PER, ORG, LOC or MISC: {}",
                labels.join(", ")
            )));
        }
        let tokenizer: TokenizerConfig = match tokenizer {
            None => TokenizerConfig::default(),
            Some(bytes) => serde_json::from_slice(bytes)
                .map_err(|e| ModelError::Config { file: "tokenizer_config.json", reason: e.to_string() })?,
        };
        let vocab_error = |reason: String| ModelError::Config { file: "vocab.txt", reason };
        let vocab = std::str::from_utf8(vocab).map_err(|e| vocab_error(e.to_string()))?;
        if vocab.lines().count() as i64 > config.vocab_size {
            return Err(vocab_error(format!(
                "it has more lines than config.json's {} pieces",
                config.vocab_size
            )));
        }
        let limit = LIMIT.min(config.max_position_embeddings as usize);
        let with_case = match family.vedetta_letter_case.as_deref() {
            None => false,
            Some("token_type_ids") if config.type_vocab_size == casing::CLASSES => true,
            Some(other) => {
                let reason =
                    format!("vedetta_letter_case `{other}` needs to be `token_type_ids`, with 4 token types");
                return Err(config_error(reason));
            }
        };
        let iob2 = match family.vedetta_tagging.as_deref() {
            None => false,
            Some("IOB2") => true,
            Some(other) => return Err(config_error(format!("vedetta_tagging `{other}` needs to be `IOB2`"))),
        };
        let encoder = Encoder::new(vocab, tokenizer.do_lower_case, tokenizer.strip_accents, limit, with_case)
            .map_err(vocab_error)?;
        let net = weights::build(&config, safetensors, precision)?;
        let id = blake3::hash(safetensors).to_hex()[..16].to_string();
        Ok(Self { net, encoder, labels, tags, iob2, id })
    }

    /// First 16 hex digits of the weights' BLAKE3 hash.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The names in each text. `token_budget` caps the pieces of one batch, padding counted.
    pub fn spans(&self, texts: &[&str], token_budget: usize) -> Result<Vec<Vec<Span>>, ModelError> {
        let ranges: Vec<_> = texts.iter().map(|text| sentences(text)).collect();
        let texts: Vec<_> = texts.iter().copied().zip(ranges.iter().map(Vec::as_slice)).collect();
        self.spans_in(&texts, token_budget)
    }

    /// As [`NerModel::spans`], for texts whose sentences are known; only those are read.
    pub(crate) fn spans_in(
        &self,
        texts: &[(&str, &[(usize, usize)])],
        token_budget: usize,
    ) -> Result<Vec<Vec<Span>>, ModelError> {
        let mut windows: Vec<Window> = Vec::new();
        let mut owners = Vec::with_capacity(texts.len());
        for (text, sentences) in texts {
            let from = windows.len();
            windows.extend(self.encoder.windows(text, sentences));
            owners.push(from..windows.len());
        }
        let verdicts = self.verdicts(&windows, token_budget)?;
        Ok(texts
            .iter()
            .zip(owners)
            .map(|((text, _), range)| {
                decode::spans(text, &self.tags, &windows[range.clone()], &verdicts[range])
            })
            .collect())
    }

    /// Pieces of `texts`, special ones not counted: what a benchmark divides by.
    pub fn pieces(&self, texts: &[&str]) -> usize {
        let count = |text: &&str| {
            let windows = self.encoder.windows(text, &sentences(text));
            windows.iter().flat_map(|w| &w.words[w.keep.clone()]).map(|word| word.pieces.len()).sum::<usize>()
        };
        texts.iter().map(count).sum()
    }

    /// Every word of `text` with its pieces and label.
    pub fn words(&self, text: &str) -> Result<Vec<WordLabel>, ModelError> {
        let windows = self.encoder.windows(text, &sentences(text));
        let verdicts = self.verdicts(&windows, LIMIT)?;
        let mut out = Vec::new();
        for (window, verdicts) in windows.iter().zip(&verdicts) {
            let kept = window.words.iter().zip(verdicts).take(window.keep.end).skip(window.keep.start);
            out.extend(kept.map(|(word, verdict)| WordLabel {
                range: (word.start, word.end),
                pieces: self.encoder.piece_texts(&word.pieces),
                ids: word.pieces.clone(),
                case: word.case,
                label: self.labels.get(verdict.label).cloned().unwrap_or_default(),
                raw: self.labels.get(verdict.raw).cloned().unwrap_or_default(),
                score: verdict.probability,
            }));
        }
        Ok(out)
    }

    fn verdicts(&self, windows: &[Window], token_budget: usize) -> Result<Vec<Vec<Verdict>>, ModelError> {
        label_windows(&self.net, &self.encoder, &self.tags, self.iob2, windows, token_budget)
    }
}

fn family(config: &[u8]) -> Result<Family, ModelError> {
    let family: Family = serde_json::from_slice(config)
        .map_err(|e| ModelError::Config { file: "config.json", reason: e.to_string() })?;
    if !FAMILIES.contains(&family.model_type.as_str()) {
        return Err(ModelError::Family(family.model_type));
    }
    match family.position_embedding_type.as_deref() {
        None | Some("absolute") => Ok(family),
        Some(other) => {
            let reason = format!("position_embedding_type is `{other}` and only `absolute` is supported");
            Err(ModelError::Config { file: "config.json", reason })
        }
    }
}

fn check_sizes(config: &BertConfig) -> Result<(), String> {
    for (name, value, least) in [
        ("hidden_size", config.hidden_size, 1),
        ("intermediate_size", config.intermediate_size, 1),
        ("num_attention_heads", config.num_attention_heads, 1),
        ("num_hidden_layers", config.num_hidden_layers, 1),
        ("type_vocab_size", config.type_vocab_size, 1),
        ("vocab_size", config.vocab_size, 5),
        ("max_position_embeddings", config.max_position_embeddings, 16),
    ] {
        if !(least..=1_000_000).contains(&value) {
            return Err(format!("{name} is {value}"));
        }
    }
    if config.hidden_size % config.num_attention_heads != 0 {
        return Err("hidden_size is no multiple of num_attention_heads".into());
    }
    Ok(())
}

/// The labels by number; the numbers must be 0, 1, 2, …
fn labels(config: &BertConfig) -> Result<Vec<String>, String> {
    let map = config.id2label.as_ref().ok_or("it has no id2label")?;
    (0..map.len() as i64)
        .map(|id| map.get(&id).cloned().ok_or_else(|| format!("id2label has no number {id}")))
        .collect()
}
