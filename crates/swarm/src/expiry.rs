//! When a stream has been silent, or alive, for too long.

use std::{
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use sinew_runtime::{Runtime, Timer};

use crate::Config;

/// The time limits of one stream. No task: asked whenever the stream is polled.
pub(crate) struct Expiry {
    runtime: Runtime,
    timer: Box<dyn Timer>,
    idle: Option<Duration>,
    last_progress: Instant,
    end: Option<Instant>,
}

impl Expiry {
    /// Returns the limits that `config` sets, if it sets any.
    pub(crate) fn new(config: &Config, runtime: &Runtime) -> Option<Box<Self>> {
        let (idle, lifetime) = (config.idle_stream_timeout, config.max_stream_lifetime);
        if idle.is_none() && lifetime.is_none() {
            return None;
        }
        let now = runtime.now();
        Some(Box::new(Self {
            runtime: runtime.clone(),
            timer: runtime.clock().timer(),
            idle,
            last_progress: now,
            end: lifetime.and_then(|lifetime| now.checked_add(lifetime)),
        }))
    }

    /// Notes that bytes moved. The deadline is moved when it is next waited for.
    pub(crate) fn on_progress(&mut self) {
        self.last_progress = self.runtime.now();
    }

    /// Returns whether the stream has lived too long, however busy it is.
    pub(crate) fn is_past_lifetime(&self) -> bool {
        self.end.is_some_and(|end| self.runtime.now() >= end)
    }

    /// Completes when the stream is over its limits.
    pub(crate) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let deadline = self.deadline();
            if deadline.is_some_and(|deadline| self.runtime.now() >= deadline) {
                return Poll::Ready(());
            }
            self.timer.set(deadline);
            ready!(self.timer.poll_expired(cx));
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let idle = self
            .idle
            .and_then(|idle| self.last_progress.checked_add(idle));
        match (idle, self.end) {
            (Some(idle), Some(end)) => Some(idle.min(end)),
            (idle, end) => idle.or(end),
        }
    }
}
