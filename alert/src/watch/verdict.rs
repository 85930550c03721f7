//! What a watch says of an article, and why.

use serde::Serialize;
use vedetta_domain::{Passage, WatchId, WatchMatch};

/// The judgement of one watch on one article, with all that is needed to explain it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The watch.
    pub watch: WatchId,
    /// Hash of its definition.
    pub version: String,
    /// The best passage's score; 0 where no passage holds all that is asked for.
    pub score: f32,
    /// What the score must reach.
    pub threshold: f32,
    /// The match, if the threshold was reached.
    pub matched: Option<WatchMatch>,
    /// The best passage, whether or not it was enough.
    pub passage: Option<Passage>,
    /// Groups and parts, in the order of the watch's file.
    pub parts: Vec<PartOutcome>,
    /// What was missing, in words, the nearest first.
    pub misses: Vec<String>,
    /// The veto that took the best passage out.
    pub vetoed: Option<String>,
    /// Why the article was not looked at: language, source, expiry.
    pub skipped: Option<String>,
}

/// How one group or part fared in the best passage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartOutcome {
    /// Its name in the watch.
    pub part: String,
    /// Whether it was met.
    pub met: bool,
    /// What it adds to the score when it is met.
    pub weight: f32,
    /// What met it, as it stands in the text.
    pub matched: Vec<String>,
    /// Where.
    pub passage: Option<Passage>,
}
