//! The sending half of a connection.

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};

use super::segment::{Ack, Data};

/// Sends within the peer's window and its own, and again what was lost.
#[derive(Debug)]
pub(super) struct Sender {
    /// What was written and not sent.
    unsent: BytesMut,
    /// What was sent and not acknowledged, in order.
    sent: VecDeque<Sent>,
    flight: Flight,
    /// The number of the first unsent byte.
    next: u64,
    peer_window_end: u64,
    largest: usize,
    congestion_window: usize,
    slow_start_threshold: usize,
    /// One reduction of the window is for everything before this.
    recovering_to: u64,
    backoffs: u32,
    /// When the oldest segment is taken to be lost.
    deadline: Option<Duration>,
    end: End,
}

/// What is known of the segments in `sent`, taken together.
#[derive(Debug, Default)]
struct Flight {
    /// Bytes that are taken to be on their way.
    bytes: usize,
    /// Segments that are taken to be lost.
    lost: usize,
    rtt: Option<Rtt>,
}

#[derive(Debug)]
struct Sent {
    data: Data,
    at: Duration,
    is_again: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InFlight,
    /// The receiver has it, ahead of its turn.
    Ahead,
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    Queued,
    Sent,
    Acknowledged,
}

#[derive(Clone, Copy, Debug)]
struct Rtt {
    smoothed: Duration,
    variation: Duration,
}

/// What the deadline brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timeout {
    /// It is not over yet.
    Early,
    /// Something is to be sent again.
    Resend,
    /// The peer's window is to be asked for.
    Probe,
    /// The peer is taken to be gone.
    Gone,
}

impl Sender {
    pub(super) fn new(largest: usize, peer_window: usize) -> Self {
        Self {
            unsent: BytesMut::new(),
            sent: VecDeque::new(),
            flight: Flight::default(),
            next: 0,
            peer_window_end: peer_window as u64,
            largest,
            congestion_window: INITIAL_SEGMENTS * largest,
            slow_start_threshold: usize::MAX,
            recovering_to: 0,
            backoffs: 0,
            deadline: None,
            end: End::Open,
        }
    }

    /// Appends; the caller has looked at [`buffered`](Self::buffered).
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    pub(super) fn finish(&mut self) {
        if self.end == End::Open {
            self.end = End::Queued;
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.end != End::Open
    }

    /// Whether the peer has everything, and the end.
    pub(super) fn is_acknowledged(&self) -> bool {
        self.end == End::Acknowledged
    }

    pub(super) fn unsent_bytes(&self) -> usize {
        self.unsent.len()
    }

    /// Returns the bytes that are kept, sent or not.
    pub(super) fn buffered(&self) -> usize {
        let first = self.sent.front().map_or(self.next, |sent| sent.data.start);
        self.unsent.len() + usize::try_from(self.next - first).unwrap_or(usize::MAX)
    }

    pub(super) fn handle(&mut self, now: Duration, ack: &Ack) {
        self.peer_window_end = self.peer_window_end.max(ack.window_end);
        let was_full = self.flight.bytes + self.largest >= self.congestion_window / 2;
        let mut acknowledged = 0;
        let mut newest = None;
        while let Some(first) = self.sent.front()
            && first.data.end() <= ack.up_to
        {
            let Some(sent) = self.sent.pop_front() else {
                break;
            };
            acknowledged += sent.data.bytes.len();
            if sent.data.is_last {
                self.end = End::Acknowledged;
            }
            newest = newest.max(self.flight.leave(now, &sent));
        }
        let mut highest = 0;
        for (start, end) in &ack.ahead {
            highest = highest.max(*end);
            newest = newest.max(self.note_ahead(now, *start, *end));
        }
        let is_progress = newest.is_some();
        if is_progress || self.sent.is_empty() {
            self.backoffs = 0;
            self.deadline = None;
        }
        let is_recovering = ack.up_to < self.recovering_to;
        if self.detect_losses(highest, newest) && !is_recovering {
            self.slow_start_threshold = (self.flight.bytes / 2).max(2 * self.largest);
            self.congestion_window = self.slow_start_threshold;
            self.recovering_to = self.next;
        } else if !is_recovering && was_full {
            self.grow(acknowledged);
        }
    }

    fn grow(&mut self, acknowledged: usize) {
        let window = self.congestion_window;
        self.congestion_window += if window < self.slow_start_threshold {
            acknowledged
        } else {
            self.largest * acknowledged / window.max(1)
        };
        self.congestion_window = self.congestion_window.min(MAX_WINDOW);
    }

    fn note_ahead(&mut self, now: Duration, start: u64, end: u64) -> Option<Duration> {
        let first = self.sent.partition_point(|sent| sent.data.start < start);
        let mut newest = None;
        for sent in self.sent.range_mut(first..) {
            if sent.data.end() > end {
                break;
            }
            newest = newest.max(self.flight.leave(now, sent));
            sent.state = State::Ahead;
        }
        newest
    }

    /// Marks what must have been lost: three segments overtook it, or, if it was sent again, one that was
    /// sent well after it.
    fn detect_losses(&mut self, highest: u64, newest: Option<Duration>) -> bool {
        let Some(newest) = newest else {
            return false;
        };
        let patience = self
            .flight
            .rtt
            .map_or(Duration::ZERO, |rtt| rtt.smoothed / 4);
        let reach = 3 * self.largest as u64;
        let below = self.sent.partition_point(|sent| sent.data.start < highest);
        let is_ahead = |sent: &&Sent| sent.state == State::Ahead;
        let mut overtaking = self.sent.range(..below).filter(is_ahead).count();
        let mut found = false;
        for sent in &mut self.sent {
            if sent.data.start >= highest {
                break;
            }
            let is_overtaken = if sent.is_again {
                sent.at + patience < newest
            } else {
                // Three small ones count as well.
                overtaking >= 3 || sent.data.end() + reach <= highest
            };
            overtaking -= usize::from(sent.state == State::Ahead);
            if sent.state == State::InFlight && is_overtaken {
                sent.state = State::Lost;
                self.flight.bytes -= sent.data.bytes.len();
                self.flight.lost += 1;
                found = true;
            }
        }
        found
    }

    /// Returns what may be sent.
    pub(super) fn poll(&mut self, now: Duration) -> Option<Data> {
        let data = self.poll_lost(now).or_else(|| self.poll_unsent(now));
        if self.deadline.is_none() && self.has_work() {
            self.deadline = Some(now + self.timeout());
        }
        data
    }

    fn poll_lost(&mut self, now: Duration) -> Option<Data> {
        if self.flight.lost == 0 || !self.has_room(1) {
            return None;
        }
        let mut sent = self.sent.iter_mut();
        let lost = sent.find(|sent| sent.state == State::Lost)?;
        lost.state = State::InFlight;
        lost.is_again = true;
        lost.at = now;
        self.flight.lost -= 1;
        self.flight.bytes += lost.data.bytes.len();
        Some(lost.data.clone())
    }

    fn poll_unsent(&mut self, now: Duration) -> Option<Data> {
        let window = usize::try_from(self.peer_window_end - self.next.min(self.peer_window_end))
            .unwrap_or(usize::MAX);
        let len = self.unsent.len().min(self.largest);
        if len > window || !self.has_room(len) {
            return None;
        }
        let is_last = self.end == End::Queued && len == self.unsent.len();
        if len == 0 && !is_last {
            return None;
        }
        let bytes: Bytes = self.unsent.split_to(len).freeze();
        let data = Data {
            start: self.next,
            bytes,
            is_last,
        };
        self.next = data.end();
        self.flight.bytes += len;
        if is_last {
            self.end = End::Sent;
        }
        self.sent.push_back(Sent {
            data: data.clone(),
            at: now,
            is_again: false,
            state: State::InFlight,
        });
        Some(data)
    }

    fn has_room(&self, len: usize) -> bool {
        self.flight.bytes == 0 || self.flight.bytes + len <= self.congestion_window
    }

    fn has_work(&self) -> bool {
        !self.sent.is_empty() || !self.unsent.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline.filter(|_| self.has_work())
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) -> Timeout {
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return Timeout::Early;
        }
        self.backoffs += 1;
        self.deadline = Some(now + self.timeout());
        if self.backoffs > MAX_BACKOFFS {
            return Timeout::Gone;
        }
        if self.sent.is_empty() {
            return Timeout::Probe;
        }
        self.slow_start_threshold = (self.flight.bytes / 2).max(2 * self.largest);
        self.congestion_window = self.largest;
        self.recovering_to = self.next;
        for sent in &mut self.sent {
            if sent.state == State::InFlight {
                sent.state = State::Lost;
                self.flight.lost += 1;
            }
        }
        self.flight.bytes = 0;
        Timeout::Resend
    }

    fn timeout(&self) -> Duration {
        let timeout = self.flight.rtt.map_or(INITIAL_TIMEOUT, |rtt| {
            (rtt.smoothed + 4 * rtt.variation).max(MIN_TIMEOUT)
        });
        let factor = 1u32.checked_shl(self.backoffs).unwrap_or(u32::MAX);
        timeout.saturating_mul(factor).min(MAX_TIMEOUT)
    }
}

impl Flight {
    /// Takes a segment that arrived out of the count, and returns when it was sent.
    fn leave(&mut self, now: Duration, sent: &Sent) -> Option<Duration> {
        match sent.state {
            State::InFlight => self.bytes -= sent.data.bytes.len(),
            State::Lost => self.lost -= 1,
            State::Ahead => return None,
        }
        if !sent.is_again {
            self.rtt = Some(Rtt::sample(self.rtt, now.saturating_sub(sent.at)));
        }
        Some(sent.at)
    }
}

impl Rtt {
    /// RFC 6298.
    fn sample(rtt: Option<Self>, sample: Duration) -> Self {
        let Some(Self {
            smoothed,
            variation,
        }) = rtt
        else {
            return Self {
                smoothed: sample,
                variation: sample / 2,
            };
        };
        Self {
            smoothed: (smoothed * 7 + sample) / 8,
            variation: (variation * 3 + smoothed.abs_diff(sample)) / 4,
        }
    }
}

const INITIAL_SEGMENTS: usize = 10;
const MAX_WINDOW: usize = 64 << 20;

/// As Linux has them.
const INITIAL_TIMEOUT: Duration = Duration::from_secs(1);
const MIN_TIMEOUT: Duration = Duration::from_millis(200);
const MAX_TIMEOUT: Duration = Duration::from_secs(120);

/// Timeouts in a row before the peer is given up: more than three minutes, of Linux' fifteen.
const MAX_BACKOFFS: u32 = 10;
