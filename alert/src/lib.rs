//! Who wanted to know, and telling them.
//!
//! An article is judged by [`Watch`]es; what matches becomes an alert; [`group`] says when the
//! alerts of a channel leave; a [`Channel`] freezes them into a message and sends it; [`backoff`]
//! says when to try again. [`explain`] shows each decision to people.

pub mod backoff;
pub mod channel;
pub mod explain;
pub mod group;
pub mod render;
pub mod watch;

pub use channel::{Channel, ChannelConfig, ChannelKind, ChannelProblem, DeliveryError, Retry, Sent};
pub use group::{Departure, GroupRule, Pending, departure};
pub use watch::{Context, Reading, Verdict, Watch, WatchConfig, WatchProblem};
