//! Work that neither stands still for ever nor keeps others from theirs.

use std::{
    future::{Future as _, poll_fn},
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use sinew_runtime::{Runtime, Sleep};

/// Watches over the steps of one stream.
#[derive(Debug)]
pub(crate) struct Pace {
    runtime: Runtime,
    limit: Duration,
    sleep: Sleep,
    /// Whether there was a step since `sleep` began.
    has_moved: bool,
    /// Steps since others had their turn.
    steps: u32,
}

/// There was no step for this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stalled {
    pub(crate) limit: Duration,
}

impl Pace {
    pub(crate) fn new(runtime: &Runtime, limit: Duration) -> Self {
        Self {
            sleep: runtime.sleep(limit),
            runtime: runtime.clone(),
            limit,
            has_moved: false,
            steps: 0,
        }
    }

    /// Waits for one step, and lets others have their turn after some that had not to wait.
    pub(crate) async fn step<T>(
        &mut self,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Result<T, Stalled> {
        poll_fn(|cx| {
            if self.steps >= STEPS_PER_TURN {
                self.steps = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Poll::Ready(outcome) = poll(cx) {
                self.steps += 1;
                self.has_moved = true;
                return Poll::Ready(Ok(outcome));
            }
            self.steps = 0;
            ready!(self.poll_stalled(cx));
            Poll::Ready(Err(Stalled { limit: self.limit }))
        })
        .await
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(Pin::new(&mut self.sleep).poll(cx));
            if !mem::take(&mut self.has_moved) {
                return Poll::Ready(());
            }
            self.sleep = self.runtime.sleep(self.limit);
        }
    }
}

/// Steps after which others have their turn: 2 MiB at most.
const STEPS_PER_TURN: u32 = 32;

#[cfg(test)]
mod tests;
