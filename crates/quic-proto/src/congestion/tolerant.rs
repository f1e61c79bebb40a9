//! A controller that tells congestion from bad luck.

use std::{
    mem,
    time::{Duration, Instant},
};

use super::{
    growth::{CUBIC_LEFT, Growth},
    knee::Knee,
    loss_rate::LossRate,
    min_rtt::MinRtt,
    round::Round,
};

/// A window of bytes that grows as Cubic's, and that a loss cuts only when something else says that there is
/// congestion: packets wait in a queue, more is lost than a bad link loses, or less is lost when less is sent.
///
/// ```text
/// slow start ──► careful slow start ──► avoidance ◄──┐
///     │ ▲    queue   │  │       queue for   ▲ │      │
///     │ └────────────┘  │       3 rounds    │ └──────┘ cut
///     │    queue gone   └───────────────────┤
///     └─────────────────────────────────────┘ cut
/// ```
///
/// Windows are `f64` because growth is by fractions of a byte; they are exact up to 2^53.
#[derive(Clone, Debug)]
pub(super) struct Tolerant {
    /// The UDP payload of a full packet, in bytes.
    mtu: f64,
    /// In bytes.
    window: f64,
    /// In bytes.
    initial_window: f64,
    /// The window at which slow start ends; infinite before the first sign of a queue.
    threshold: f64,
    /// Rounds of slow start in a row in which there was a queue.
    rounds_with_queue: u32,
    /// The window, in bytes, at the last cut.
    last_max: f64,
    /// The share of it that the last cut left.
    left: f64,
    /// Packets to add in this round, after slow start.
    growth: f64,
    /// When the last cut was. What packets tell that were sent before it is known.
    cut_at: Option<Instant>,
    min_rtt: MinRtt,
    recent_rtts: RecentRtts,
    round: Round,
    loss_rate: LossRate,
    /// A window near which losses are congestion.
    knee: Option<Knee>,
    batch: Batch,
    /// Since when nothing that is acknowledged was sent, as far as is known.
    silent_since: Option<Instant>,
}

/// The acknowledgements that arrived at once.
#[derive(Clone, Copy, Debug, Default)]
struct Batch {
    /// The bytes of all.
    acked: u64,
    /// Those that were sent after the last cut, and with more to send.
    growing: f64,
    ends_round: bool,
}

/// The round trips that the last few batches of acknowledgements show.
#[derive(Clone, Copy, Debug, Default)]
struct RecentRtts {
    /// The smallest of each batch.
    batches: [Duration; 4],
    /// That of the batch that is not complete.
    current: Option<Duration>,
}

impl Tolerant {
    /// `window` is in bytes.
    pub(super) fn new(mtu: u16, window: u64) -> Self {
        Self {
            mtu: mtu.into(),
            window: window as f64,
            initial_window: window as f64,
            threshold: f64::INFINITY,
            rounds_with_queue: 0,
            last_max: 0.0,
            left: CUBIC_LEFT,
            growth: 0.0,
            cut_at: None,
            min_rtt: MinRtt::default(),
            recent_rtts: RecentRtts::default(),
            round: Round::default(),
            loss_rate: LossRate::default(),
            knee: None,
            batch: Batch::default(),
            silent_since: None,
        }
    }

    /// Handles that packets were sent. They may hold acknowledgements alone, which nobody acknowledges: what is in
    /// flight shows when something is.
    pub(super) fn handle_sent(&mut self, now: Instant, bytes: u64) {
        let Some(since) = self.silent_since else {
            return;
        };
        let silence = now.saturating_duration_since(since);
        if silence >= SILENCE {
            self.on_silence(silence);
            self.silent_since = Some(now);
        }
        // Acknowledgements alone do not fill a packet.
        if bytes as f64 >= self.mtu {
            self.silent_since = None;
        }
    }

    /// Handles the acknowledgement of a packet. Its batch ends with [`handle_acks_end`](Self::handle_acks_end).
    pub(super) fn handle_acked(
        &mut self,
        now: Instant,
        sent: Instant,
        bytes: u64,
        is_app_limited: bool,
    ) {
        let rtt = now.saturating_duration_since(sent);
        self.min_rtt.on_sample(now, rtt);
        self.recent_rtts.on_sample(rtt);
        self.round.on_sample(rtt);
        self.batch.acked += bytes;
        self.batch.ends_round |= self.round.ends_with(sent);
        if self.is_before_cut(sent) {
            return;
        }
        let packets = self.packets(bytes);
        self.loss_rate.on_arrived(packets);
        if let Some(knee) = &mut self.knee {
            knee.on_arrived(packets, self.window);
        }
        if !is_app_limited {
            self.batch.growing += bytes as f64;
        }
    }

    /// Handles the end of a batch of acknowledgements, which left these bytes in flight.
    pub(super) fn handle_acks_end(&mut self, now: Instant, in_flight: u64) {
        let batch = mem::take(&mut self.batch);
        // What is repeated, or acknowledges acknowledgements, does not break silence.
        let since = self.silent_since.filter(|_| batch.acked == 0);
        self.silent_since = (in_flight == 0).then_some(since.unwrap_or(now));
        // The most is in flight before something arrives.
        let most_in_flight = (in_flight + batch.acked) as f64;
        self.round.on_in_flight(most_in_flight);
        self.recent_rtts.on_batch_end();
        if self.was_used() {
            self.grow(batch.growing);
        }
        if batch.ends_round {
            self.on_round_end(now, most_in_flight);
        }
    }

    /// Handles the loss of packets, the last of which was sent at `sent`.
    pub(super) fn handle_lost(&mut self, now: Instant, sent: Instant, bytes: u64) {
        if self.is_before_cut(sent) {
            return;
        }
        let packets = self.packets(bytes);
        self.loss_rate.on_lost(packets);
        if self.loss_rate.is_excessive() {
            self.knee = Some(Knee::new(self.window));
            self.cut(now);
        } else if self.has_queue(self.recent_rtts.smallest(), CONFIRMING) || self.is_near_knee() {
            self.cut(now);
        } else {
            self.on_chance(packets);
        }
    }

    /// Handles a mark that routers made on a packet that was sent at `sent`, in place of dropping it.
    pub(super) fn handle_mark(&mut self, now: Instant, sent: Instant) {
        if !self.is_before_cut(sent) {
            self.cut(now);
        }
    }

    /// Handles that nothing of what was sent for a while, up to `sent`, has arrived. [RFC 9002 §7.6]
    pub(super) fn handle_blackout(&mut self, now: Instant, sent: Instant) {
        // One that goes on says no more of what the path held before.
        if !self.is_before_cut(sent) && self.window > self.smallest_window() {
            self.cut(now);
        }
        self.window = self.smallest_window();
        self.knee = None;
        // [RFC 9002 §5.2] The path may be another by now.
        self.min_rtt = MinRtt::default();
        self.forget_round();
    }

    pub(super) fn handle_mtu(&mut self, mtu: u16) {
        self.mtu = mtu.into();
        self.window = self.window.max(self.smallest_window());
    }

    /// Returns the bytes that may be in flight.
    pub(super) fn window(&self) -> u64 {
        self.window as u64
    }

    /// Returns the bytes that could be in flight at first.
    pub(super) fn initial_window(&self) -> u64 {
        self.initial_window as u64
    }

    /// Returns the window, in bytes, at which slow start ends, if that is known.
    pub(super) fn slow_start_threshold(&self) -> Option<u64> {
        self.threshold.is_finite().then_some(self.threshold as u64)
    }

    /// Halves the window for each while in which nothing was sent, for the path may be another by now. Slow
    /// start leads back. [RFC 9002 §7.8, RFC 7661 §4.4]
    fn on_silence(&mut self, silence: Duration) {
        self.forget_round();
        if self.window <= self.initial_window {
            return;
        }
        let whiles = silence.as_secs_f64() / SILENCE.as_secs_f64();
        self.threshold = self.threshold.max(self.window * 0.75);
        self.window = (self.window / whiles.exp2()).max(self.initial_window);
        self.knee = None;
    }

    /// Forgets what was seen of late.
    fn forget_round(&mut self) {
        self.recent_rtts = RecentRtts::default();
        self.round = Round::default();
        self.rounds_with_queue = 0;
    }

    fn on_round_end(&mut self, now: Instant, most_in_flight: f64) {
        let rtt = self.round.smallest_rtt.unwrap_or_default();
        let has_queue = self.has_queue(rtt, STANDING);
        if self.window < self.threshold {
            // [RFC 9406 §4.2] Delay ends slow start, but only when it lasts; fewer samples show nothing.
            if !has_queue {
                self.rounds_with_queue = 0;
            } else if self.round.samples >= 8 {
                self.rounds_with_queue += 1;
            }
            if self.rounds_with_queue >= CAREFUL_ROUNDS {
                self.threshold = self.window;
                self.last_max = self.window;
            }
        }
        let growth = Growth {
            window: self.window / self.mtu,
            last_max: self.last_max / self.mtu,
            left: self.left,
            rtt,
        };
        self.growth = if has_queue {
            growth.with_queue()
        } else {
            growth.without_queue()
        };
        self.loss_rate.on_round();
        self.round = Round::starting(now, most_in_flight);
    }

    /// Counts losses that nothing explains. They may refute a knee.
    fn on_chance(&mut self, packets: f64) {
        if let Some(knee) = &mut self.knee {
            knee.on_lost(packets, self.window);
            if knee.is_refuted() {
                self.knee = None;
            }
        }
    }

    fn grow(&mut self, acked: f64) {
        self.window += if self.window >= self.threshold {
            self.growth * self.mtu * acked / self.window
        } else {
            let pace = if self.rounds_with_queue > 0 { 4.0 } else { 1.0 };
            (acked / pace).min(self.threshold - self.window)
        };
    }

    /// Cuts to what leaves the queue empty, but by no more than Reno and no less than Cubic.
    fn cut(&mut self, now: Instant) {
        let (min, rtt) = (self.min_rtt.get(), self.recent_rtts.smallest());
        self.left = if rtt.is_zero() {
            CUBIC_LEFT
        } else {
            let without_queue = min.as_secs_f64() / rtt.as_secs_f64();
            without_queue.clamp(RENO_LEFT, CUBIC_LEFT)
        };
        if let Some(knee) = &mut self.knee {
            knee.on_cut(self.window);
        }
        // [RFC 9438 §4.7] Cut before it was back, it leaves room for others.
        self.last_max = if self.window < self.last_max {
            self.window * (1.0 + self.left) / 2.0
        } else {
            self.window
        };
        self.loss_rate = LossRate::default();
        self.cut_at = Some(now);
        self.window = (self.window * self.left).max(self.smallest_window());
        self.threshold = self.window;
        self.rounds_with_queue = 0;
    }

    /// Tells whether the window was what held the sender back in this round, more or less.
    fn was_used(&self) -> bool {
        self.round.most_in_flight >= self.window / 2.0
    }

    fn is_near_knee(&self) -> bool {
        self.knee.is_some_and(|knee| !knee.has_below(self.window))
    }

    /// Returns how many full packets these bytes are: all that is counted is counted so.
    fn packets(&self, bytes: u64) -> f64 {
        bytes as f64 / self.mtu
    }

    fn is_before_cut(&self, sent: Instant) -> bool {
        self.cut_at.is_some_and(|cut| sent <= cut)
    }

    /// Tells whether a round trip is longer than without queues, by a share of that.
    fn has_queue(&self, rtt: Duration, share: u32) -> bool {
        let min = self.min_rtt.get();
        rtt > min + (min / share).max(NOTICEABLE)
    }

    fn smallest_window(&self) -> f64 {
        2.0 * self.mtu
    }
}

impl RecentRtts {
    fn on_sample(&mut self, rtt: Duration) {
        self.current = Some(self.current.map_or(rtt, |least| least.min(rtt)));
    }

    fn on_batch_end(&mut self) {
        if let Some(rtt) = self.current.take() {
            let [first, second, third, _] = self.batches;
            self.batches = [rtt, first, second, third];
        }
    }

    /// Returns zero before there are enough.
    fn smallest(&self) -> Duration {
        self.batches.into_iter().min().unwrap_or_default()
    }
}

/// The share of a window that Reno leaves at a cut.
const RENO_LEFT: f64 = 0.5;

/// A queue of a tenth of the path's round trip confirms that a loss is congestion.
const CONFIRMING: u32 = 10;

/// A queue of an eighth of the path's round trip for a whole round is there to stay. [RFC 9406 §4.3]
const STANDING: u32 = 8;

/// Timers and batches make shorter delays than this.
const NOTICEABLE: Duration = Duration::from_millis(1);

/// Rounds with a queue after which slow start is over.
const CAREFUL_ROUNDS: u32 = 3;

/// Silence after which the window is half as much worth.
const SILENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
