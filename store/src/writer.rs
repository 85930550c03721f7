//! The one thread that writes: many requests, one fsync.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use tokio::sync::{Notify, mpsc, oneshot};

use crate::{
    Clock, Position, StoreError, apply,
    index::Index,
    journal::{Journal, frame},
    keep::{self, Touched},
    keys,
    record::{Kept, Record},
    rows::StoryRow,
};

/// Requests that may share one fsync.
const GROUP: usize = 256;

/// Bytes of facts in one record, at least; a fact is as long as an item that is waited for.
const PART: usize = 4 << 20;

/// Requests that may wait; callers beyond that wait to be let in.
const QUEUE: usize = 1024;

/// A record and who waits for it.
struct Request {
    what: What,
    done: Answer,
}

/// What is to be written.
enum What {
    Record(Record),
    /// What these are now: facts that nobody changes between looking and writing.
    Kept(Touched),
    /// The index's files anew, while nothing is written into them.
    Compact,
    /// Nothing: does the writer answer?
    Nothing,
    /// A new segment.
    Roll,
}

type Answer = oneshot::Sender<Result<Position, StoreError>>;

/// The writing end, shared by all verbs.
#[derive(Clone)]
pub struct Writer {
    requests: Arc<Mutex<Option<mpsc::Sender<Request>>>>,
}

impl Writer {
    /// Starts the thread. `changed` is rung after every group that was applied.
    pub fn start(
        journal: Journal,
        index: Index,
        clock: Clock,
        changed: Arc<Notify>,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (requests, queue) = mpsc::channel(QUEUE);
        let documents = index.last_document()?;
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || Desk { journal, index, clock, documents, broken: None }.run(queue, &changed))
            .map_err(StoreError::io("start the writer thread of", "the store"))?;
        Ok((Self { requests: Arc::new(Mutex::new(Some(requests))) }, thread))
    }

    /// Returns once `record` is durable and applied.
    pub async fn write(&self, record: Record) -> Result<Position, StoreError> {
        self.ask(What::Record(record)).await
    }

    /// Writes what `touched` are now once more.
    pub async fn keep(&self, touched: Touched) -> Result<(), StoreError> {
        self.ask(What::Kept(touched)).await.map(drop)
    }

    /// Writes the index's files anew. What comes meanwhile waits.
    pub async fn compact(&self) -> Result<(), StoreError> {
        self.ask(What::Compact).await.map(drop)
    }

    /// Closes the segment that is appended to; the number of the next.
    pub async fn roll(&self) -> Result<u64, StoreError> {
        Ok(self.ask(What::Roll).await?.segment)
    }

    /// Whether the writer answers and takes more.
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.ask(What::Nothing).await.map(drop)
    }

    /// Takes nothing more; the thread ends after what it was given.
    pub fn close(&self) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    async fn ask(&self, what: What) -> Result<Position, StoreError> {
        let (done, answer) = oneshot::channel();
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let requests = requests.ok_or(StoreError::Closed)?;
        requests.send(Request { what, done }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// The record as it stands in the journal. One that could not be read back is not taken.
fn encode(record: &Record) -> Result<Vec<u8>, StoreError> {
    let payload = record.encode()?;
    if payload.len() >= frame::MAX {
        let why = format!("it has {} bytes, {} at most can be read back", payload.len(), frame::MAX - 1);
        return Err(StoreError::Record { position: "the end".into(), why });
    }
    Ok(payload)
}

/// The thread's own.
struct Desk {
    journal: Journal,
    index: Index,
    clock: Clock,
    /// The highest number that a document was given.
    documents: u32,
    /// Why the index took no more: it stays behind the journal, and the next start makes up for it. Going on would
    /// leave a hole in it.
    broken: Option<String>,
}

impl Desk {
    fn run(mut self, mut queue: mpsc::Receiver<Request>, changed: &Notify) {
        let mut group = Vec::with_capacity(GROUP);
        while queue.blocking_recv_many(&mut group, GROUP) > 0 {
            let mut records = Vec::with_capacity(group.len());
            for Request { what, done } in group.drain(..) {
                match what {
                    What::Record(record) => records.push((record, done)),
                    // These look at what was written before them.
                    What::Kept(touched) => {
                        self.write(&mut records);
                        match keep::facts(&self.index, &touched) {
                            Ok(facts) => self.keep(facts, done),
                            Err(error) => drop(done.send(Err(error))),
                        }
                    }
                    What::Roll => {
                        self.write(&mut records);
                        let rolled = self.journal.roll((self.clock)());
                        drop(done.send(rolled.map(|()| self.journal.end())));
                    }
                    What::Nothing => {
                        let why = self.broken.clone().map(StoreError::Index);
                        drop(done.send(why.map_or(Ok(Position::default()), Err)));
                    }
                    What::Compact => {
                        self.write(&mut records);
                        drop(done.send(self.index.compact().map(|()| Position::default())));
                    }
                }
            }
            self.write(&mut records);
            changed.notify_waiters();
        }
        if let Err(error) = self.index.flush() {
            tracing::warn!(%error, "index could not be flushed at close; the journal holds everything");
        }
    }

    /// Writes facts, not too many in one record.
    fn keep(&mut self, facts: Vec<Kept>, done: Answer) {
        let mut answers = Vec::new();
        let mut records = Vec::new();
        let (mut part, mut bytes) = (Vec::new(), 0);
        let mut close = |facts: Vec<Kept>| {
            let (sender, answer) = oneshot::channel();
            answers.push(answer);
            records.push((Record::Kept { facts }, sender));
        };
        for fact in facts {
            bytes += serde_json::to_vec(&fact).map_or(0, |json| json.len());
            part.push(fact);
            if bytes > PART {
                close(std::mem::take(&mut part));
                bytes = 0;
            }
        }
        close(part);
        self.write(&mut records);
        // All of them were answered within `write`.
        let written =
            answers.into_iter().map(|mut answer| answer.try_recv().unwrap_or(Err(StoreError::Closed)));
        drop(
            done.send(
                written.collect::<Result<Vec<_>, _>>().map(|all| all.last().copied().unwrap_or_default()),
            ),
        );
    }

    fn write(&mut self, records: &mut Vec<(Record, Answer)>) {
        let mut requests = Vec::with_capacity(records.len());
        let mut payloads = Vec::with_capacity(records.len());
        for (mut record, done) in records.drain(..) {
            match self.prepare(&mut record).and_then(|()| encode(&record)) {
                Ok(payload) => {
                    payloads.push(payload);
                    requests.push((record, done));
                }
                Err(error) => drop(done.send(Err(error))),
            }
        }
        if requests.is_empty() {
            return;
        }
        match self.journal.append(&payloads, (self.clock)()) {
            Ok(positions) => {
                for ((record, done), position) in requests.into_iter().zip(positions) {
                    drop(done.send(self.apply(&record, position).map(|()| position)));
                }
            }
            // The journal cuts what it half wrote; every caller hears that nothing happened.
            Err(error) => requests.into_iter().for_each(|(_, done)| drop(done.send(Err(error.again())))),
        }
    }

    /// Refuses what cannot be taken, and decides what is left to decide, so that applying decides nothing.
    fn prepare(&mut self, record: &mut Record) -> Result<(), StoreError> {
        if let Some(why) = &self.broken {
            return Err(StoreError::Index(why.clone()));
        }
        let Record::Committed(commit) = record else { return Ok(()) };
        let story = commit.verdict.story;
        if let Some(expected) = commit.expected {
            let found = self.index.get::<StoryRow>(keys::story(story))?.unwrap_or_default().version;
            if found != expected {
                return Err(StoreError::Conflict { story: story.to_string(), expected, found });
            }
        }
        self.documents += 1;
        commit.marks.document = self.documents;
        Ok(())
    }

    fn apply(&mut self, record: &Record, position: Position) -> Result<(), StoreError> {
        if let Some(why) = &self.broken {
            return Err(StoreError::Index(why.clone()));
        }
        let changes = apply::changes(&self.index, record, position);
        changes.and_then(|changes| self.index.apply(changes, position)).inspect_err(|error| {
            tracing::error!(%error, "the index failed; nothing more is taken until the store is opened anew");
            self.broken = Some(error.to_string());
        })
    }
}
