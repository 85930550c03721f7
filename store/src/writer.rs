//! The one thread that writes: many requests, one fsync.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
};

use tokio::sync::{Notify, mpsc, oneshot};

use crate::{Position, StoreError, apply, index::Index, journal::Journal, record::Record};

/// Requests that may share one fsync.
const GROUP: usize = 256;

/// Requests that may wait; callers beyond that wait to be let in.
const QUEUE: usize = 1024;

/// A record and who waits for it.
struct Request {
    record: Record,
    done: oneshot::Sender<Result<Position, StoreError>>,
}

/// The writing end, shared by all verbs.
#[derive(Clone)]
pub struct Writer {
    requests: mpsc::Sender<Request>,
}

impl Writer {
    /// Starts the thread. `changed` is rung after every group that was applied.
    pub fn start(
        journal: Journal,
        index: Index,
        changed: Arc<Notify>,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (requests, queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(journal, &index, queue, &changed))
            .map_err(StoreError::io("start the writer thread of", "the store"))?;
        Ok((Self { requests }, thread))
    }

    /// Returns once `record` is durable and applied.
    pub async fn write(&self, record: Record) -> Result<Position, StoreError> {
        let (done, answer) = oneshot::channel();
        self.requests.send(Request { record, done }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

fn run(mut journal: Journal, index: &Index, mut queue: mpsc::Receiver<Request>, changed: &Notify) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.blocking_recv_many(&mut group, GROUP) > 0 {
        write_group(&mut journal, index, &mut group);
        changed.notify_waiters();
    }
    if let Err(error) = index.flush() {
        tracing::warn!(%error, "index could not be flushed at close; the journal holds everything");
    }
}

fn write_group(journal: &mut Journal, index: &Index, group: &mut Vec<Request>) {
    let mut requests = Vec::with_capacity(group.len());
    let mut payloads = Vec::with_capacity(group.len());
    for request in group.drain(..) {
        match request.record.encode() {
            Ok(payload) => {
                payloads.push(payload);
                requests.push(request);
            }
            Err(error) => drop(request.done.send(Err(error))),
        }
    }
    match journal.append(&payloads) {
        Ok(positions) => {
            for (request, position) in requests.into_iter().zip(positions) {
                let applied = apply::changes(index, &request.record, position)
                    .and_then(|changes| index.apply(changes, position));
                drop(request.done.send(applied.map(|()| position)));
            }
        }
        Err(error) => {
            // The journal cuts what it half wrote; every caller hears that nothing happened.
            let text = error.to_string();
            for request in requests {
                let source = std::io::Error::other(text.clone());
                drop(request.done.send(Err(StoreError::Io {
                    verb: "append to",
                    path: "the journal".into(),
                    source,
                })));
            }
        }
    }
}
