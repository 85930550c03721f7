//! A source's address in, pages out, and pages into readable text.
//!
//! Two halves. [`Fetcher`] and [`after_poll`] run in the daemon: when to ask, how politely, and what
//! to remember. [`read_source`] and [`extract`] run in the worker: bytes in, no I/O.

mod blocks;
mod byline;
mod charset;
mod date;
mod depth;
mod discover;
mod dress;
mod entry_link;
mod error;
mod extract;
mod feed;
mod fetch;
mod furniture;
mod headline;
mod kind;
mod lenient;
mod listing;
mod meta;
pub mod opml;
mod pdf;
mod plain;
mod politeness;
mod readings;
mod report;
mod robots;
mod schedule;
mod sitemap;
mod tdm;
mod trees;

use jiff::Timestamp;
use vedetta_domain::{Feed, Page, PageRules, SourceKind};

#[doc(hidden)]
pub use charset::decode;
pub use discover::{Candidate, candidates};
pub use error::{FetchError, ReadError, Retry};
pub use extract::{block_features, extract};
pub use fetch::{Fetcher, IngestConfig, Polled};
pub use politeness::Politeness;
pub use schedule::{PollOutcome, Validators, after_poll, quiet_for, shares_entry};

/// Reads what was fetched at a source's address.
pub fn read_source(
    kind: SourceKind,
    page: &Page,
    rules: &PageRules,
    now: Timestamp,
) -> Result<Feed, ReadError> {
    match kind {
        SourceKind::Feed => feed::read(page, now),
        SourceKind::Listing => listing::read(page, rules),
        SourceKind::Sitemap => sitemap::read(page, now),
    }
}
