//! Pings: the round-trip time, signs of life, and proof that something has arrived.

use std::time::{Duration, Instant};

use sinew_sans_io::Deadline;

use super::window::Rtt;

/// Our pings, of which one is under way at most.
#[derive(Debug)]
pub(super) struct Pinger {
    state: State,
    next_value: u32,
    smoothed: Option<Duration>,
    /// The smallest answer, and when it came.
    least: Option<(Duration, Instant)>,
    measured_at: Option<Instant>,
    heard_at: Instant,
    keep_alive: Option<Duration>,
    timeout: Duration,
}

#[derive(Debug)]
enum State {
    Idle,
    /// To be sent; `since` is known when a timer asked for it, and from then on silence counts.
    Wanted {
        since: Option<Instant>,
    },
    AwaitingPong {
        value: u32,
        /// From when on silence counts.
        since: Instant,
        sent_at: Instant,
    },
}

impl Pinger {
    pub(super) fn new(now: Instant, keep_alive: Option<Duration>, timeout: Duration) -> Self {
        Self {
            state: State::Idle,
            next_value: 0,
            smoothed: None,
            least: None,
            measured_at: None,
            heard_at: now,
            keep_alive,
            timeout,
        }
    }

    /// Takes note that the peer is alive.
    pub(super) fn on_heard(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// Takes note of an answer, and returns whether it was one to the ping under way. Others are ignored:
    /// they tell nothing.
    pub(super) fn on_pong(&mut self, now: Instant, answer: u32) -> bool {
        let State::AwaitingPong { value, sent_at, .. } = self.state else {
            return false;
        };
        if value != answer {
            return false;
        }
        self.state = State::Idle;
        self.on_sample(now, now.saturating_duration_since(sent_at));
        true
    }

    /// Asks for a ping, unless one is under way.
    pub(super) fn want(&mut self) {
        if self.is_idle() {
            self.state = State::Wanted { since: None };
        }
    }

    /// Asks for a ping when the last measurement is old, or not younger than `since`.
    pub(super) fn want_rtt(&mut self, now: Instant, since: Option<Instant>) {
        let is_fresh = |at| {
            now.saturating_duration_since(at) < MEASURE_EVERY
                && since.is_none_or(|since| since < at)
        };
        if !self.measured_at.is_some_and(is_fresh) {
            self.want();
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    pub(super) fn is_wanted(&self) -> bool {
        matches!(self.state, State::Wanted { .. })
    }

    /// Returns the value of the ping that is to be sent now, if one is.
    pub(super) fn send(&mut self, now: Instant) -> Option<u32> {
        let State::Wanted { since } = self.state else {
            return None;
        };
        let value = self.next_value;
        self.next_value = value.wrapping_add(1);
        self.state = State::AwaitingPong {
            value,
            since: since.unwrap_or(now),
            sent_at: now,
        };
        Some(value)
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) has something to do. Anything that is heard
    /// puts it off: the answer may wait behind much data.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        let (at, reason) = match self.state {
            // A ping that waits because nothing can be sent keeps nobody alive.
            State::Idle | State::Wanted { since: None } => {
                let at = self.heard_at.checked_add(self.keep_alive?)?;
                (at, "yamux keep-alive")
            }
            State::Wanted { since: Some(since) } | State::AwaitingPong { since, .. } => {
                let at = since.max(self.heard_at).checked_add(self.timeout)?;
                (at, "yamux ping timeout")
            }
        };
        Some(Deadline { at, reason })
    }

    /// Returns since when a ping waits for its answer, if nothing was heard since.
    pub(super) fn unanswered_since(&self) -> Option<Instant> {
        match self.state {
            State::Wanted { since: Some(since) } | State::AwaitingPong { since, .. } => {
                (self.heard_at <= since).then_some(since)
            }
            State::Idle | State::Wanted { since: None } => None,
        }
    }

    /// Runs the timer if it is due, and returns whether the peer has been silent for too long.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> bool {
        if self.deadline().is_none_or(|deadline| deadline.at > now) {
            return false;
        }
        if matches!(self.state, State::Idle | State::Wanted { since: None }) {
            self.state = State::Wanted { since: Some(now) };
            return false;
        }
        true
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns the smoothed round-trip time.
    pub(super) fn rtt(&self) -> Option<Duration> {
        self.smoothed
    }

    /// Returns what windows are judged by.
    pub(super) fn measured(&self) -> Option<Rtt> {
        Some(Rtt {
            least: self.min_rtt()?,
            measured_at: self.measured_at?,
        })
    }

    /// Returns the smallest round-trip time of late: that of the path, without what waits in buffers.
    pub(super) fn min_rtt(&self) -> Option<Duration> {
        self.least.map(|(rtt, _)| rtt)
    }

    fn on_sample(&mut self, now: Instant, sample: Duration) {
        self.measured_at = Some(now);
        self.smoothed = Some(match self.smoothed {
            Some(smoothed) => (smoothed.saturating_mul(7).saturating_add(sample)) / 8,
            None => sample,
        });
        let is_kept = self.least.is_some_and(|(least, at)| {
            least < sample && now.saturating_duration_since(at) < FORGET_AFTER
        });
        if !is_kept {
            self.least = Some((sample, now));
        }
    }
}

/// While data flows; as rust-libp2p.
const MEASURE_EVERY: Duration = Duration::from_secs(10);

/// After this a path may have become longer.
const FORGET_AFTER: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests;
