//! A channel that keeps its messages, for tests and for the demonstration.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use vedetta_domain::{Alert, Message, Secret};

use super::{DeliveryError, webhook};

/// Alerts that one message holds at most.
pub(super) const MEMBERS_MAX: usize = 100;
/// Milliseconds between two messages at least.
pub(super) const PACE_MS: u64 = 0;

/// What a stub was sent; clones look at the same channel.
#[derive(Debug, Clone, Default)]
pub struct Sent(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    messages: Vec<Message>,
    failures: VecDeque<DeliveryError>,
}

impl Sent {
    /// The messages so far, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.lock().messages.clone()
    }

    /// The next message fails with `error`; several calls queue.
    pub fn fail_next(&self, error: DeliveryError) {
        self.lock().failures.push_back(error);
    }

    pub(super) fn send(&self, message: &Message) -> Result<(), DeliveryError> {
        let mut state = self.lock();
        match state.failures.pop_front() {
            Some(error) => Err(error),
            None => {
                state.messages.push(message.clone());
                Ok(())
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message's body: the generic webhook's.
pub(super) fn body(message_id: &str, alerts: &[Alert]) -> String {
    webhook::body(message_id, alerts)
}

/// Headers that are made at send time: none.
pub(super) fn headers(
    _id: &str,
    _body: &str,
    _key: Option<&Secret>,
    _now: Timestamp,
) -> Vec<(String, String)> {
    Vec::new()
}
