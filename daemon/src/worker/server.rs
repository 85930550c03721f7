//! The child's side: jobs in on standard input, answers out on standard output.

use std::{
    io::{self, BufReader, BufWriter},
    sync::mpsc,
    thread,
};

use anyhow::Context;

use super::{
    protocol::{self, Answer, Job, Numbered, Setup},
    read::Reader,
    sandbox,
};

/// Jobs that go through the model together.
const BATCH: usize = 16;

/// Jobs read ahead of the work.
const AHEAD: usize = 32;

/// Runs until standard input ends.
pub fn run() -> anyhow::Result<()> {
    let mut unguarded: Vec<String> = sandbox::die_with_parent().into_iter().collect();
    let mut input = BufReader::new(io::stdin());
    let mut output = BufWriter::new(io::stdout());
    let (setup, _) = protocol::read::<Setup>(&mut input)
        .context("cannot read the worker's setup")?
        .context("standard input ended before the setup; `vedetta worker` is started by the daemon")?;
    let (reader, problem) = Reader::new(&setup)?;
    // Threads that read a job ahead must be under the guards too, so they start after.
    unguarded.extend(sandbox::enter(setup.memory_limit_mb));
    let ready = Answer::Ready {
        model: reader.model_id(),
        problem: problem.map(|error| error.to_string()),
        unguarded,
    };
    protocol::write(&mut output, &Numbered { id: 0, what: ready }, &[])?;

    let (ahead, jobs) = mpsc::sync_channel(AHEAD);
    let feeder = thread::Builder::new().name("jobs".into()).spawn(move || -> io::Result<()> {
        while let Some(job) = protocol::read::<Numbered<Job>>(&mut input)? {
            if ahead.send(job).is_err() {
                break;
            }
        }
        Ok(())
    })?;
    while let Ok(first) = jobs.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1)).collect();
        let (ids, jobs): (Vec<u64>, Vec<_>) =
            batch.into_iter().map(|(job, body)| (job.id, (job.what, body))).unzip();
        for (id, what) in ids.into_iter().zip(reader.answer(jobs)) {
            protocol::write(&mut output, &Numbered { id, what }, &[])?;
        }
    }
    match feeder.join() {
        Ok(read) => read.context("cannot read a job"),
        Err(_) => anyhow::bail!("the thread that reads jobs panicked"),
    }
}
