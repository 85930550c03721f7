//! Has this been seen before? Pure: text in, verdict out; what is stored is handed in.
//!
//! The ladder, the surest rung first: canonical address → exact normalised text → near-duplicate →
//! same story. Every verdict names its grounds and what was vetoed.

mod canonical;
mod concepts;
mod contradiction;
mod days;
mod figures;
mod fingerprint;
mod fold;
mod ladder;
mod memory;
mod near;
mod numbers;
mod rarity;
mod same_event;
mod story;
mod terms;
mod words;

pub use canonical::canonical_url;
pub use figures::figures;
pub use fingerprint::Fingerprint;
pub use ladder::{Candidate, Known, KnownArticle, decide};
pub use memory::MemoryIndex;
pub use near::{NearVerdict, Nearness, Prepared};
pub use story::StoryFeatures;
pub use terms::{Kind, StoryTerms, Terms};

/// Whether two texts are nearly the same.
pub fn compare_texts(a: &Prepared, b: &Prepared) -> NearVerdict {
    near::compare(a, b)
}
