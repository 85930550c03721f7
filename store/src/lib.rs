//! Vedetta's durable state. The only crate that names sled.
//!
//! **The journal is the truth**: every unit of change is one checksummed, fsynced record in an
//! append-only segment, and only then a sled batch that carries the record's position. What sled
//! loses is replayed from the segments; what sled breaks is rebuilt from them.
//!
//! The verbs of [`Store`] are async, name nothing of sled and take no closures, so that a database
//! server can stand in its place.

mod apply;
mod error;
mod frame;
mod index;
mod journal;
mod keys;
mod lookup;
mod open;
mod outbox;
mod record;
mod rows;
mod segment;
mod store;
#[cfg(test)]
mod testing;
mod writer;

pub use error::StoreError;
pub use journal::Position;
pub use open::{OpenOptions, OpenReport};
pub use record::{AlertRow, Commit, ItemEnd, Marks, Record, RetryAfter};
pub use rows::{ArticleRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow, StoryRow};
pub use store::{Stats, Store};
