//! The named-entity model: a token classifier in the Hugging Face layout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rust_bert::pipelines::common::TokenizerOption;
use serde::Deserialize;
use vedetta_domain::EntityKind;

use crate::batch::{Labeller, Verdict, batches};
use crate::decode::{self, Tag};
use crate::net::{FAMILIES, Family, Net};
use crate::tokenizer::{self, TokenizerConfig};
use crate::weights::{self, Weights};
use crate::window::{Encoder, LIMIT, Window};
use crate::{Precision, casing, sentences};

/// Why a model cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is missing or cannot be read.
    #[error(
        "model file {} cannot be read: {source}; the folder must hold config.json, the tokenizer's files and \
         model.safetensors or rust_model.ot: correct its path, or fetch the model again", path.display()
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
    #[error("model family `{0}` is not supported; name a model of one of these: {FAMILIES}")]
    Family(String),
    /// The weights do not fit `config.json`.
    #[error(
        "the weights are not usable: {0}; take the file that belongs to config.json, or fetch the model again"
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

/// The parts of `config.json` beside what a family's network reads of it.
#[derive(Deserialize)]
struct ModelConfig {
    #[serde(default)]
    model_type: String,
    #[serde(default)]
    position_embedding_type: Option<String>,
    #[serde(default)]
    id2label: BTreeMap<usize, String>,
    #[serde(default)]
    vocab_size: i64,
    #[serde(default)]
    type_vocab_size: i64,
    #[serde(default)]
    max_position_embeddings: i64,
    /// Our own key: how the letter case goes in, `token_type_ids` or not at all.
    #[serde(default)]
    vedetta_letter_case: Option<String>,
    /// Our own key: `IOB2` where the training let every name begin with its `B-`. Other models are decoded word by
    /// word, since many begin names with `I-`.
    #[serde(default)]
    vedetta_tagging: Option<String>,
}

/// A loaded model. Tensors are `Send` and not `Sync`: one thread uses it at a time.
pub struct NerModel {
    net: Net,
    encoder: Encoder,
    labels: Vec<String>,
    tags: Vec<Tag>,
    iob2: bool,
    family: String,
    id: String,
    threads: usize,
}

impl NerModel {
    /// Loads `config.json`, the family's tokenizer files, `tokenizer_config.json` where it is there, and
    /// `model.safetensors` or else `rust_model.ot`.
    pub fn load(folder: &Path, precision: Precision) -> Result<Self, ModelError> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|source| ModelError::File { path, source })
        };
        let optional = |name: &str| match read(name) {
            Err(ModelError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        };
        let config = read("config.json")?;
        // The family first: another family's folder has other files.
        let checked = check(&config)?;
        let tokenizer = TokenizerConfig::read(optional("tokenizer_config.json")?.as_deref())?;
        let tokenizer = tokenizer::load(checked.family, folder, &tokenizer, checked.config.vocab_size)?;
        let ot = folder.join("rust_model.ot");
        if !folder.join("model.safetensors").exists() && ot.exists() {
            let bytes = std::fs::read(&ot).map_err(|source| ModelError::File { path: ot.clone(), source })?;
            return Self::new(checked, tokenizer, &Weights::ot(&ot)?, hash(&bytes), precision);
        }
        let bytes = read("model.safetensors")?;
        Self::new(checked, tokenizer, &Weights::safe(&bytes)?, hash(&bytes), precision)
    }

    /// Builds a model with a WordPiece vocabulary from the files' contents.
    pub fn from_bytes(
        config: &[u8],
        vocab: &[u8],
        tokenizer: Option<&[u8]>,
        safetensors: &[u8],
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let checked = check(config)?;
        let tokenizer = TokenizerConfig::read(tokenizer)?;
        let tokenizer = tokenizer::word_piece(vocab, &tokenizer, checked.config.vocab_size)?;
        Self::new(checked, tokenizer, &Weights::safe(safetensors)?, hash(safetensors), precision)
    }

    fn new(
        checked: Checked,
        tokenizer: TokenizerOption,
        weights: &Weights,
        id: String,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let Checked { family, config, bytes, labels, tags, iob2, with_case } = checked;
        let positions = config.max_position_embeddings - family.first_position();
        let encoder = Encoder::new(tokenizer, usize::try_from(positions).unwrap_or_default(), with_case);
        let net = weights::build(family, &bytes, weights, precision)?;
        let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1);
        Ok(Self { net, encoder, labels, tags, iob2, family: config.model_type, id, threads })
    }

    /// Lets the model compute on that many threads, for the whole process; without it on as many as libtorch chooses.
    pub fn set_threads(&mut self, threads: u16) {
        let threads = threads.max(1);
        tch::set_num_threads(i32::from(threads));
        self.threads = usize::from(threads);
    }

    /// The family, as `config.json` names it.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// The labels, by number.
    pub fn labels(&self) -> &[String] {
        &self.labels
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

    /// Pieces that the network computes for `texts` under this budget: special ones and padding among them.
    pub fn computed_pieces(&self, texts: &[&str], token_budget: usize) -> usize {
        let windows: Vec<Window> =
            texts.iter().flat_map(|text| self.encoder.windows(text, &sentences(text))).collect();
        batches(&windows, self.encoder.longest(), token_budget)
            .iter()
            .map(|batch| batch.members.len() * batch.width)
            .sum()
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
        let labeller = Labeller { encoder: &self.encoder, tags: &self.tags, iob2: self.iob2 };
        labeller.label(&self.net, windows, token_budget, self.threads)
    }
}

fn hash(weights: &[u8]) -> String {
    blake3::hash(weights).to_hex()[..16].to_string()
}

/// Sizes that every family names in its own way; a network of an absurd one would take the machine down.
const SIZES: &[(&str, i64)] = &[
    ("hidden_size", 1),
    ("dim", 1),
    ("embedding_size", 1),
    ("intermediate_size", 1),
    ("hidden_dim", 1),
    ("num_attention_heads", 1),
    ("n_heads", 1),
    ("num_hidden_layers", 1),
    ("n_layers", 1),
    ("type_vocab_size", 0),
    ("vocab_size", 5),
    ("max_position_embeddings", 16),
];

/// What `config.json` says, checked.
struct Checked {
    family: Family,
    config: ModelConfig,
    /// The file as it is, for the family's own network.
    bytes: Vec<u8>,
    labels: Vec<String>,
    tags: Vec<Tag>,
    iob2: bool,
    with_case: bool,
}

fn check(bytes: &[u8]) -> Result<Checked, ModelError> {
    let unusable = |reason: String| ModelError::Config { file: "config.json", reason };
    let config: ModelConfig = serde_json::from_slice(bytes).map_err(|e| unusable(e.to_string()))?;
    let name = serde_json::Value::String(config.model_type.clone());
    let family: Family =
        serde_json::from_value(name).map_err(|_| ModelError::Family(config.model_type.clone()))?;
    if let Some(other) = config.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
        return Err(unusable(format!(
            "position_embedding_type is `{other}` and only `absolute` is supported"
        )));
    }
    sizes(bytes).map_err(unusable)?;
    let labels = labels(&config).map_err(unusable)?;
    let tags: Vec<Tag> = labels.iter().map(|label| Tag::parse(label)).collect();
    if tags.iter().all(|tag| *tag == Tag::Outside) {
        return Err(unusable(format!("none of its labels is PER, ORG, LOC or MISC: {}", labels.join(", "))));
    }
    let with_case = match config.vedetta_letter_case.as_deref() {
        None => false,
        Some("token_type_ids") if config.type_vocab_size == casing::CLASSES => true,
        Some(other) => {
            return Err(unusable(format!(
                "vedetta_letter_case `{other}` needs to be `token_type_ids`, with 4 token types"
            )));
        }
    };
    let iob2 = match config.vedetta_tagging.as_deref() {
        None => false,
        Some("IOB2") => true,
        Some(other) => return Err(unusable(format!("vedetta_tagging `{other}` needs to be `IOB2`"))),
    };
    Ok(Checked { family, config, bytes: bytes.to_vec(), labels, tags, iob2, with_case })
}

fn sizes(bytes: &[u8]) -> Result<(), String> {
    let all: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let size = |name: &str| all.get(name).and_then(serde_json::Value::as_i64);
    for name in ["vocab_size", "max_position_embeddings"] {
        size(name).ok_or_else(|| format!("it has no {name}"))?;
    }
    for &(name, least) in SIZES {
        if let Some(value) = size(name).filter(|value| !(least..=1_000_000).contains(value)) {
            return Err(format!("{name} is {value}"));
        }
    }
    for (width, heads) in [("hidden_size", "num_attention_heads"), ("dim", "n_heads")] {
        if let (Some(wide), Some(count)) = (size(width), size(heads))
            && wide % count != 0
        {
            return Err(format!("{width} is no multiple of {heads}"));
        }
    }
    Ok(())
}

/// The labels by number; the numbers must be 0, 1, 2, …
fn labels(config: &ModelConfig) -> Result<Vec<String>, String> {
    if config.id2label.is_empty() {
        return Err("it has no id2label".into());
    }
    (0..config.id2label.len())
        .map(|id| config.id2label.get(&id).cloned().ok_or_else(|| format!("id2label has no number {id}")))
        .collect()
}
