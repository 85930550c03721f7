//! Vedetta's durable state. The only crate that names sled.
//!
//! **The journal is the truth**: every unit of change is one checksummed, fsynced record in an
//! append-only segment, and only then a sled batch that carries the record's position. What sled
//! loses is replayed from the segments; what sled breaks is rebuilt from them.
//!
//! The verbs of [`Store`] are async, name nothing of sled and take no closures, so that a database
//! server can stand in its place.

/// Memory is measured with the allocator that the daemon has.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

mod apply;
mod archive;
#[cfg(test)]
mod conformance;
pub mod disk;
mod error;
mod forget;
mod index;
mod journal;
mod keep;
mod keys;
mod local;
mod lookup;
mod marks;
mod memory;
#[cfg(test)]
mod months;
mod open;
mod recall;
mod record;
mod rows;
mod store;
#[cfg(test)]
mod testing;
mod tidy;
mod writer;

pub use archive::{Archive, Archived, Checked};
pub use error::StoreError;
pub use forget::ForgetReport;
pub use journal::{
    Damage, Position,
    segment::{Form, SegmentInfo},
};
pub use local::LocalStore;
pub use memory::MemoryStore;
pub use open::{Clock, OpenOptions, OpenReport};
pub use recall::{Recalled, Sought};
pub use record::{AlertRow, Commit, Expired, ItemEnd, Kept, Marks, Record, RetryAfter};
pub use rows::{
    ArticleRow, FeaturesRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow, StoryRow, TellingRow,
};
pub use store::{Cursor, SharedStore, Stats, Store};
pub use tidy::{Retention, TidyReport};
