//! A network that is far away: whatever comes from it comes later. With a delay that nothing else in it comes
//! near, the time that something took tells how many round trips it took.

mod tcp;
mod udp;

use std::{
    collections::VecDeque,
    fmt,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use sinew::Runtime;
use sinew_runtime::Timer;

pub(super) use tcp::FarTcp;
pub(super) use udp::FarUdp;

/// What has arrived and is not there yet.
struct Delayed<T> {
    runtime: Runtime,
    delay: Duration,
    waiting: VecDeque<(Instant, T)>,
    timer: Box<dyn Timer>,
}

impl<T> Delayed<T> {
    fn new(runtime: &Runtime, delay: Duration) -> Self {
        Self {
            runtime: runtime.clone(),
            delay,
            waiting: VecDeque::new(),
            timer: runtime.clock().timer(),
        }
    }

    /// Says whether no more should be taken in: whoever sends so much at once waits longer.
    fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_WAITING
    }

    fn push(&mut self, value: T) {
        self.waiting
            .push_back((self.runtime.now() + self.delay, value));
    }

    /// Returns what comes next, if its time has come.
    fn pop(&mut self) -> Option<T> {
        let now = self.runtime.now();
        let (_, value) = self.waiting.pop_front_if(|(at, _)| *at <= now)?;
        Some(value)
    }

    /// Puts back what was not used up.
    fn unpop(&mut self, value: T) {
        self.waiting.push_front((self.runtime.now(), value));
    }

    /// Waits until there is something to [`pop`](Self::pop).
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some((at, _)) = self.waiting.front() else {
            return Poll::Pending;
        };
        if *at <= self.runtime.now() {
            return Poll::Ready(());
        }
        self.timer.set(Some(*at));
        self.timer.poll_expired(cx)
    }
}

impl<T> fmt::Debug for Delayed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delayed")
            .field("delay", &self.delay)
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}

/// More than a handshake and an answer.
const MAX_WAITING: usize = 256;
