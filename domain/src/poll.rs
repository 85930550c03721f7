//! What is remembered between two polls of a source.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Stored state of one source. The next check is stored too, never slept on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PollState {
    /// `ETag` of the last 200, verbatim.
    pub etag: Option<String>,
    /// `Last-Modified` of the last 200 or 304, verbatim.
    pub last_modified: Option<String>,
    /// Hash of the last body, for servers that keep their ETag while the feed changes.
    pub body_hash: Option<String>,
    /// Last unconditional fetch: there is one a day.
    pub full_fetch: Option<Timestamp>,
    /// Last poll that was answered and read.
    pub last_success: Option<Timestamp>,
    /// Last poll that brought an unknown entry.
    pub last_new: Option<Timestamp>,
    /// Failures since the last success.
    pub failures: u32,
    /// When the present run of failures began.
    pub failing_since: Option<Timestamp>,
    /// The last failure, in words; `None` after a success.
    pub last_error: Option<String>,
    /// When the source is due again; `None`: at once.
    pub next_check: Option<Timestamp>,
    /// Keys of the last poll's entries (a cap applies), to notice a gap.
    pub last_keys: Vec<String>,
    /// Dates of recent entries, the newest first (at most 20): the source's rhythm.
    pub recent: Vec<Timestamp>,
    /// Address that permanent redirects led to, and on how many polls in a row.
    pub moved: Option<(String, u32)>,
    /// A feed that was found on the site in place of the configured address, which stands first.
    pub found: Option<(String, String)>,
    /// Whether trouble of this source was already reported to the operator.
    pub alarmed: bool,
    /// Whether its silence was.
    pub told_quiet: bool,
}
