//! The nouns that travel through Vedetta, in the order in which an article passes them.
//!
//! Nothing here does I/O or is async: the crate can be used by every stage and depends on none.

mod alert;
mod article;
mod entity;
mod item;
mod page;
mod poll;
mod secret;
mod source;
mod story;
mod tagged;

pub use alert::{Alert, AlertId, AlertKind, Message, Passage, Reason, Telling, WatchId, WatchMatch};
pub use article::{Article, PageKind};
pub use entity::{Entity, EntityId, EntityKind};
pub use item::{Entry, Feed, Item, ItemId};
pub use page::Page;
pub use poll::PollState;
pub use secret::Secret;
pub use source::{PageRules, Source, SourceId, SourceKind};
pub use story::{DedupeVerdict, Revision, Rung, StoryId};
pub use tagged::{Language, LanguageGuess, LanguageMethod, Mention, NewName, Origin, TaggedArticle};
