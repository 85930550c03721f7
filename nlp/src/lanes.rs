//! Batches side by side: threads that each take the next one.
//!
//! Small operations do not gain from a second thread within them, and every operation waits for the slower of its
//! threads; whole batches on threads of their own wait for each other once, at the end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// `work` on every item, in the items' order. A thread for each of `nets`, which only that thread uses, and on it
/// libtorch computes with that thread alone. The last item goes first: where the items grow, the largest do not wait
/// to the end. The first error ends every thread at its next item.
pub(crate) fn each<N: Send, T: Sync, R: Send, E: Send>(
    nets: Vec<N>,
    items: &[T],
    work: impl Fn(&N, &T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(items.len());
    let take = || {
        // Ends at 0: what is taken is the number below.
        next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).ok().map(|n| n - 1)
    };
    let (take, work) = (&take, &work);
    let lane = |net: N| -> Result<Vec<(usize, R)>, E> {
        tch::set_num_threads(1);
        let mut done = Vec::new();
        while let Some(i) = take() {
            let result = work(&net, &items[i]).inspect_err(|_| next.store(0, Ordering::Relaxed))?;
            done.push((i, result));
        }
        Ok(done)
    };
    let lane = &lane;
    let lanes: Vec<Result<Vec<(usize, R)>, E>> = thread::scope(|scope| {
        let started: Vec<_> = nets.into_iter().map(|net| scope.spawn(move || lane(net))).collect();
        // A panic of a lane goes on in the caller, as it would without lanes.
        let joined = started.into_iter().map(|lane| lane.join());
        joined.map(|lane| lane.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut all = Vec::with_capacity(items.len());
    for lane in lanes {
        all.extend(lane?);
    }
    all.sort_unstable_by_key(|(i, _)| *i);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}
