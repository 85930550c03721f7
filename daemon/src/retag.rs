//! Articles that were tagged without a model are tagged again once there is one.

use tokio_util::sync::CancellationToken;
use vedetta_domain::ItemId;
use vedetta_store::SharedStore;

use crate::{
    committer::{Again, Committer},
    health::Health,
    worker::{Job, Worker, client::Ready, protocol::Answer},
};

/// Articles looked at in one go.
const PAGE: usize = 32;

/// Follows the worker: reports what it lacks, and tags again when a model stands ready.
pub async fn run(
    store: SharedStore,
    worker: Worker,
    committer: Committer,
    health: Health,
    stop: CancellationToken,
) {
    let mut ready = worker.ready();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = ready.changed() => if changed.is_err() { return },
        }
        let now = ready.borrow_and_update().clone();
        report(&now, &health).await;
        if now.model.is_some()
            && let Err(error) = again(&store, &worker, &committer, &stop).await
        {
            tracing::warn!(error = format!("{error:#}"), "not all articles could be tagged again");
        }
    }
}

async fn report(ready: &Ready, health: &Health) {
    tracing::info!(model = ready.model, generation = ready.generation, "worker ready");
    for guard in &ready.unguarded {
        tracing::warn!(guard, "the kernel does not give this guard; the worker runs without it");
    }
    if let Some(problem) = &ready.problem {
        let text = format!(
            "no model: {problem}. The lexicon works alone; articles are tagged again once a model loads."
        );
        health.raise("model", text).await;
    }
}

async fn again(
    store: &SharedStore,
    worker: &Worker,
    committer: &Committer,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut after: Option<ItemId> = None;
    loop {
        let rows = store.lexicon_only(after, PAGE).await?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = Some(*last);
        for (_, row) in rows {
            if stop.is_cancelled() {
                return Ok(());
            }
            let Some(stored) = store.stored(&row).await? else { continue };
            let again = Again { row, revision: stored.revision };
            let job = Job::Text { article: Box::new(stored.article.article), feed_language: None };
            if let Answer::Tagged(tagged) = worker.run(job, Vec::new(), false).await? {
                committer.submit_again(stored.item, *tagged, again).await?;
            }
        }
    }
}
