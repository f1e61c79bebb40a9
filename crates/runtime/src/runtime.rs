//! The handle that everything above carries.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant, SystemTime},
};

use crate::{Clock, Spawner, Timer};

/// A clock and a spawner; cheap to clone.
#[derive(Clone, Debug)]
pub struct Runtime {
    clock: Arc<dyn Clock>,
    spawner: Arc<dyn Spawner>,
}

/// The time limit of [`Runtime::timeout`] passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time limit of {0:?} passed")]
pub struct Elapsed(
    /// The limit.
    pub Duration,
);

/// Completes at a deadline. Made by [`Runtime::sleep_until`].
pub struct Sleep {
    timer: Box<dyn Timer>,
}

impl Runtime {
    /// Joins a clock and a spawner.
    pub fn new(clock: Arc<dyn Clock>, spawner: Arc<dyn Spawner>) -> Self {
        Self { clock, spawner }
    }

    /// Returns the runtime that tokio provides.
    ///
    /// Spawning panics outside a tokio runtime, as `tokio::spawn` does.
    #[cfg(feature = "tokio")]
    pub fn tokio() -> Self {
        Self::new(Arc::new(crate::TokioClock), Arc::new(crate::TokioSpawner))
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Returns the spawner.
    pub fn spawner(&self) -> &Arc<dyn Spawner> {
        &self.spawner
    }

    /// Returns the current monotonic time.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Returns the wall-clock time.
    pub fn wall(&self) -> SystemTime {
        self.clock.wall()
    }

    /// Runs `task` until it completes.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.spawner.spawn(name, Box::pin(task));
    }

    /// Completes at `deadline`.
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        let mut timer = self.clock.timer();
        timer.set(Some(deadline));
        Sleep { timer }
    }

    /// Completes after `duration`; a duration too long to be represented never completes.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        let mut timer = self.clock.timer();
        timer.set(self.now().checked_add(duration));
        Sleep { timer }
    }

    /// Runs `future` for at most `limit`; the future is dropped when the limit passes.
    ///
    /// # Errors
    ///
    /// [`Elapsed`] when the limit passed first.
    pub async fn timeout<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        let mut future = std::pin::pin!(future);
        let mut sleep = self.sleep(limit);
        std::future::poll_fn(move |cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            ready!(Pin::new(&mut sleep).poll(cx));
            Poll::Ready(Err(Elapsed(limit)))
        })
        .await
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.timer.poll_expired(cx)
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").finish_non_exhaustive()
    }
}
