//! The daemon's side: keeps one worker alive, hands it jobs, and says who was in it when it died.

use std::{
    collections::HashMap,
    io,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::{RwLock, mpsc, oneshot, watch},
    task::JoinHandle,
    time,
};

use super::protocol::{self, Answer, Job, Numbered, Setup};

/// Longest that one job may take before the worker is given up.
const JOB_TIMEOUT: Duration = Duration::from_secs(120);

/// Longest from start to ready: the model is read from disk.
const READY_TIMEOUT: Duration = Duration::from_secs(120);

/// What the worker is told of the daemon's environment: what the model's libraries read, and what tests ask for.
const PASSED_ON: &[&str] = &["LD_LIBRARY_PATH", "RUST_BACKTRACE", "VEDETTA_TEST_DEATH"];

/// First wait after a death; doubles up to a minute while deaths follow one another.
const RESTART: Duration = Duration::from_millis(200);

/// Why a job has no answer.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The process died, or was given up for its silence, with the job inside.
    #[error("the worker died over it ({0})")]
    Died(String),
    /// The daemon is stopping.
    #[error("the worker is stopped")]
    Stopped,
}

/// What a worker said when it stood ready.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ready {
    /// The model's id; `None`: the lexicon works alone.
    pub model: Option<String>,
    /// Why there is no model though one was asked for.
    pub problem: Option<String>,
    /// Guards that the kernel lacks.
    pub unguarded: Vec<String>,
    /// How many workers have stood ready so far.
    pub generation: u64,
}

type Reply = oneshot::Sender<Result<Answer, WorkerError>>;

struct Request {
    job: Job,
    body: Vec<u8>,
    reply: Reply,
}

/// Handle to the supervised worker; cheap to clone.
#[derive(Clone)]
pub struct Worker {
    requests: mpsc::Sender<Request>,
    ready: watch::Receiver<Ready>,
    /// Readers share the worker; a suspect takes it alone.
    company: Arc<RwLock<()>>,
}

impl Worker {
    /// Starts the supervisor. `setup` may change later: the next worker is started with the new one,
    /// and a change by itself replaces the present worker once its jobs are done.
    pub fn start(setup: watch::Receiver<Setup>) -> (Self, JoinHandle<()>) {
        let (requests, queue) = mpsc::channel(32);
        let (said, ready) = watch::channel(Ready::default());
        let task = tokio::spawn(supervise(setup, queue, said));
        (Self { requests, ready, company: Arc::default() }, task)
    }

    /// What the present worker said when it stood ready; changes with every new worker.
    pub fn ready(&self) -> watch::Receiver<Ready> {
        self.ready.clone()
    }

    /// Does one job. `alone`: no other job is in the worker meanwhile, so that a death can be
    /// laid at this one's door.
    pub async fn run(&self, job: Job, body: Vec<u8>, alone: bool) -> Result<Answer, WorkerError> {
        if alone {
            let _only = self.company.write().await;
            self.send(job, body).await
        } else {
            let _shared = self.company.read().await;
            self.send(job, body).await
        }
    }

    async fn send(&self, job: Job, body: Vec<u8>) -> Result<Answer, WorkerError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request { job, body, reply }).await.map_err(|_| WorkerError::Stopped)?;
        answer.await.map_err(|_| WorkerError::Stopped)?
    }
}

/// Jobs inside the worker.
type Inside = Arc<Mutex<HashMap<u64, Reply>>>;

async fn supervise(
    mut setup: watch::Receiver<Setup>,
    mut queue: mpsc::Receiver<Request>,
    said: watch::Sender<Ready>,
) {
    let mut wait = RESTART;
    let mut next_id = 1;
    while !queue.is_closed() || !queue.is_empty() {
        let now = setup.borrow_and_update().clone();
        let started = time::Instant::now();
        let ended = match start(&now, &said).await {
            Ok(live) => live.serve(&mut queue, &mut setup, &mut next_id).await,
            Err(error) => Ended::Died(error.to_string()),
        };
        match ended {
            Ended::QueueClosed => break,
            Ended::Replaced => {}
            Ended::Died(why) => {
                tracing::warn!(why, restart_in_ms = wait.as_millis(), "the worker died and is restarted");
                if started.elapsed() > Duration::from_secs(60) {
                    wait = RESTART;
                }
                tokio::select! {
                    () = time::sleep(wait) => {}
                    // Nobody will ask any more.
                    () = closed(&queue) => break,
                }
                wait = (wait * 2).min(Duration::from_secs(60));
            }
        }
    }
}

async fn closed(queue: &mpsc::Receiver<Request>) {
    while !queue.is_closed() {
        time::sleep(Duration::from_millis(50)).await;
    }
}

enum Ended {
    QueueClosed,
    Replaced,
    Died(String),
}

/// A worker that stands ready.
struct Live {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

async fn start(setup: &Setup, said: &watch::Sender<Ready>) -> io::Result<Live> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| PASSED_ON.iter().any(|passed| name == passed)))
        .kill_on_drop(true)
        .spawn()?;
    let pipe = || io::Error::other("the worker has no pipe");
    let mut input = child.stdin.take().ok_or_else(pipe)?;
    let mut output = BufReader::new(child.stdout.take().ok_or_else(pipe)?);
    let ready = time::timeout(READY_TIMEOUT, async {
        input.write_all(&protocol::encode(setup, &[])?).await?;
        input.flush().await?;
        read(&mut output).await
    });
    match ready.await {
        Ok(Ok(Some(Numbered { what: Answer::Ready { model, problem, unguarded }, .. }))) => {
            said.send_modify(|ready| {
                *ready = Ready { model, problem, unguarded, generation: ready.generation + 1 };
            });
            Ok(Live { child, input, output })
        }
        Ok(Ok(_)) => Err(io::Error::other("it ended before it stood ready")),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(io::Error::other("it did not stand ready in time")),
    }
}

async fn read(output: &mut BufReader<ChildStdout>) -> io::Result<Option<Numbered<Answer>>> {
    let mut head = [0; 8];
    if let Err(error) = output.read_exact(&mut head).await {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let (header, body) = protocol::lengths(head)?;
    let mut bytes = vec![0; header + body];
    output.read_exact(&mut bytes).await?;
    Ok(Some(serde_json::from_slice(&bytes[..header])?))
}

impl Live {
    /// Passes jobs in and answers out until the worker dies, is replaced, or nobody asks any more.
    async fn serve(
        self,
        queue: &mut mpsc::Receiver<Request>,
        setup: &mut watch::Receiver<Setup>,
        next_id: &mut u64,
    ) -> Ended {
        let Self { mut child, mut input, mut output } = self;
        let inside: Inside = Arc::default();
        let answers = inside.clone();
        let mut reading = tokio::spawn(async move {
            while let Some(Numbered { id, what }) = read(&mut output).await? {
                let reply = answers.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                if let Some(reply) = reply {
                    // The asker may have gone; that is its own affair.
                    drop(reply.send(Ok(what)));
                }
            }
            Ok::<(), io::Error>(())
        });
        let ended = loop {
            tokio::select! {
                request = queue.recv() => {
                    let Some(Request { job, body, reply }) = request else { break Ended::QueueClosed };
                    let id = *next_id;
                    *next_id += 1;
                    inside.lock().unwrap_or_else(PoisonError::into_inner).insert(id, reply);
                    let written = match protocol::encode(&Numbered { id, what: job }, &body) {
                        Ok(frame) => time::timeout(JOB_TIMEOUT, input.write_all(&frame)).await,
                        Err(error) => Ok(Err(error)),
                    };
                    match written {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => break Ended::Died(error.to_string()),
                        Err(_) => break Ended::Died("it took no job for too long".into()),
                    }
                }
                _ = &mut reading => break Ended::Died("its output ended".into()),
                _ = setup.changed() => break Ended::Replaced,
                () = silent(&inside) => break Ended::Died("a job took too long".into()),
            }
        };
        // A closed input ends the worker after what it has; a dead one is gone already.
        drop(input);
        let ended = if matches!(ended, Ended::Died(_)) {
            drop(child.kill().await);
            ended
        } else if time::timeout(JOB_TIMEOUT, &mut reading).await.is_err() {
            drop(child.kill().await);
            Ended::Died("it did not end in time".into())
        } else {
            ended
        };
        let status = child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
        reading.abort();
        for (_, reply) in inside.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            drop(reply.send(Err(WorkerError::Died(status.clone()))));
        }
        match ended {
            Ended::Died(why) => Ended::Died(format!("{why}, {status}")),
            other => other,
        }
    }
}

/// Resolves when the worker has had jobs and answered none for [`JOB_TIMEOUT`].
async fn silent(inside: &Inside) {
    let mut oldest = None;
    let mut since = time::Instant::now();
    loop {
        time::sleep(Duration::from_secs(1)).await;
        let first = inside.lock().unwrap_or_else(PoisonError::into_inner).keys().min().copied();
        if first != oldest {
            oldest = first;
            since = time::Instant::now();
        }
        if oldest.is_some() && since.elapsed() > JOB_TIMEOUT {
            return;
        }
    }
}
