//! Time, as drivers see it.

use std::{
    fmt,
    task::{Context, Poll},
    time::{Instant, SystemTime},
};

/// A source of time and of timers.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current monotonic time.
    fn now(&self) -> Instant;

    /// Returns the wall-clock time, which certificates are checked against.
    fn wall(&self) -> SystemTime;

    /// Makes a timer that is not set.
    fn timer(&self) -> Box<dyn Timer>;
}

/// One deadline that can be moved.
pub trait Timer: Send + 'static {
    /// Sets, moves or clears the deadline.
    fn set(&mut self, deadline: Option<Instant>);

    /// Answers `Ready` once the deadline has passed, and clears it; pending while no deadline is set.
    ///
    /// An implementation may be late, never early. Only the last task that polled is woken.
    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}
