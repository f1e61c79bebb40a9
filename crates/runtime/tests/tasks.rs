//! Tasks on tokio.
#![cfg(feature = "tokio")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use sinew_runtime::Runtime;
use tokio::sync::oneshot;

#[tokio::test]
async fn a_spawned_task_runs_to_its_end() {
    let (sender, receiver) = oneshot::channel();

    Runtime::tokio().spawn("answer", async move {
        sender.send(42).unwrap();
    });

    assert_eq!(guarded(receiver).await.unwrap(), 42);
}

#[tokio::test(flavor = "current_thread")]
async fn others_run_before_a_task_that_lets_them_on_one_thread() {
    assert_eq!(others_that_ran_first().await, OTHERS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn others_run_before_a_task_that_lets_them_on_a_worker() {
    assert_eq!(others_that_ran_first().await, OTHERS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_that_lets_others_run_is_woken_again_on_many_workers() {
    // The other workers take some of the tasks, so no number is certain here.
    assert!(others_that_ran_first().await <= OTHERS);
}

/// Starts a chain of `OTHERS` tasks from inside a task that then lets them go first, and returns how
/// many of them had run when it ran again.
///
/// A chain, because a plain wake is enough to come after tasks that are queued already.
async fn others_that_ran_first() -> usize {
    let runtime = Runtime::tokio();
    let (sender, receiver) = oneshot::channel();
    let task = {
        let runtime = runtime.clone();
        async move {
            let ran = Arc::new(AtomicUsize::new(0));
            start_chain(runtime.clone(), ran.clone());
            let mut asked = false;
            poll_fn(|cx| {
                if asked {
                    return Poll::Ready(());
                }
                asked = true;
                runtime.spawner().wake_after_others(cx);
                Poll::Pending
            })
            .await;
            sender.send(ran.load(Ordering::SeqCst)).unwrap();
        }
    };
    runtime.spawn("task", task);
    guarded(receiver).await.unwrap()
}

/// Starts a task that counts itself and starts the next, until `OTHERS` have run.
fn start_chain(runtime: Runtime, ran: Arc<AtomicUsize>) {
    runtime.clone().spawn("other", async move {
        if ran.fetch_add(1, Ordering::SeqCst) + 1 < OTHERS {
            start_chain(runtime, ran);
        }
    });
}

/// Keeps a failure from hanging.
async fn guarded<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), future)
        .await
        .unwrap()
}

const OTHERS: usize = 30;
