//! A time limit that costs nothing while it is not needed.

use std::{
    future::{Future, poll_fn},
    task::{Poll, ready},
    time::Duration,
};

use sinew_runtime::{Elapsed, Runtime};

/// Runs `future` for at most `limit`. No timer is made for a future that completes at its first poll, which
/// on the path of a stream is nearly all of them.
pub(crate) async fn within<F: Future>(
    runtime: &Runtime,
    limit: Duration,
    future: F,
) -> Result<F::Output, Elapsed> {
    let mut future = std::pin::pin!(future);
    let mut sleep = None;
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let sleep = sleep.get_or_insert_with(|| runtime.sleep(limit));
        ready!(std::pin::Pin::new(sleep).poll(cx));
        Poll::Ready(Err(Elapsed(limit)))
    })
    .await
}
