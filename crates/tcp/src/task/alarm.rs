//! The one timer of a connection.

use std::{
    task::{Context, Poll},
    time::Instant,
};

use sinew_runtime::{Runtime, Timer};

/// A timer that is moved to earlier times alone. Deadlines mostly move away, which costs nothing here: the early
/// call finds nothing to do and arms it anew.
pub(super) struct Alarm {
    timer: Box<dyn Timer>,
    armed: Option<Instant>,
}

impl Alarm {
    pub(super) fn new(runtime: &Runtime) -> Self {
        Self {
            timer: runtime.clock().timer(),
            armed: None,
        }
    }

    /// Whether the time has come for which the alarm was set.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.armed.is_some_and(|at| at <= now);
        if is_due {
            self.armed = None;
        }
        is_due
    }

    /// Has the task called at `next`, or earlier; returns whether it is due already.
    pub(super) fn arm(&mut self, next: Option<Instant>, cx: &mut Context<'_>) -> bool {
        if let Some(next) = next
            && self.armed.is_none_or(|armed| next < armed)
        {
            self.timer.set(Some(next));
            self.armed = Some(next);
        }
        self.armed.is_some() && matches!(self.timer.poll_expired(cx), Poll::Ready(()))
    }
}
