//! An article whose language and entities are known.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Article, EntityId, EntityKind};

/// The languages that Vedetta tells apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Italian.
    #[serde(rename = "it")]
    Italian,
    /// Any other, or not enough text to tell.
    #[default]
    #[serde(rename = "other")]
    Other,
}

impl Language {
    /// `en`, `it` or `other`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Italian => "it",
            Self::Other => "other",
        }
    }
}

/// What decided the language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LanguageMethod {
    /// Letter sequences of the main text, which are clear.
    Text,
    /// The text is doubtful: whatlang's word settled it.
    #[serde(alias = "function-words")]
    SecondOpinion,
    /// What feed or page declared, the text being too short to tell.
    Declared,
    /// Nothing to decide by.
    #[default]
    None,
}

/// A language with the grounds for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LanguageGuess {
    /// The verdict.
    pub language: Language,
    /// 0 … 1.
    pub confidence: f32,
    /// What decided.
    pub method: LanguageMethod,
}

/// Which stage found a mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The model alone.
    Ner,
    /// The lexicon alone.
    Lexicon,
    /// Both, on the same passage.
    Both,
    /// A lexicon adjective (`Pakistani`, `cinese`): points at an entity without naming it.
    Adjective,
}

/// One name in a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// Byte offset of its start in the article's text; on a character boundary.
    pub start: usize,
    /// Byte offset of its end.
    pub end: usize,
    /// The passage itself.
    pub text: String,
    /// Class.
    pub kind: EntityKind,
    /// 0 … 1: the model's probability, 1 for a sure alias.
    pub score: f32,
    /// Who found it.
    pub origin: Origin,
    /// The lexicon's record, if it is known.
    pub entity: Option<EntityId>,
    /// That record's groups; empty for an unknown name.
    pub groups: Vec<String>,
}

/// A name that no lexicon knows, beside one that it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewName {
    /// The name as the text writes it.
    pub text: String,
    /// Class, by the model.
    pub kind: EntityKind,
    /// The known entity nearest in the sentence.
    pub near: EntityId,
    /// That one's name as the text writes it.
    pub near_text: String,
}

impl fmt::Display for NewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "new near {}: {} ({})", self.near_text, self.text, self.kind)
    }
}

/// An article with language and entities: what the worker hands to the committer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaggedArticle {
    /// The article.
    pub article: Article,
    /// Its language.
    pub language: LanguageGuess,
    /// Mentions in the title, offsets into `article.title`, by start.
    pub title_mentions: Vec<Mention>,
    /// Mentions in the text, offsets into `article.text`, by start, not overlapping.
    pub mentions: Vec<Mention>,
    /// Byte ranges of the text's sentences, in order.
    pub sentences: Vec<(usize, usize)>,
    /// The model that tagged it (a hash of its weights); `None`: the lexicon alone, to be tagged again.
    pub model: Option<String>,
}
