//! Whether losses depend on how much is sent.

use std::{
    mem,
    time::{Duration, Instant},
};

/// What is known of losses that show no queue: a router that drops what exceeds a rate without queueing it
/// looks like a link that loses packets, until less is sent.
///
/// ```text
///            8 losses, 10 s                    6 losses were to come
/// Chance ──────────────────► Trial (at 3/4) ─────────────────────────► Known ──┐
///    ▲                          │ as many lost as before                 │  ▲   │ a loss near the knee
///    ├──────────────────────────┘                                        │  └───┘ is congestion
///    └───────────────────────────────────────────────────────────────────┘
///                       as many lost far below the knee
/// ```
#[derive(Clone, Copy, Debug)]
pub(super) enum Knee {
    /// Losses are chance, as far as is known. How many there were, and since when.
    Chance { since: Option<Instant>, lost: f64 },
    /// Less is sent, to see.
    Trial(Place),
    /// Losses are chance below it and congestion above.
    Known(Place),
}

/// A window above which there were losses, and what was seen well below it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// In bytes.
    window: f64,
    /// The share of packets that were lost above.
    share: f64,
    /// Packets that arrived while less was sent.
    arrived: f64,
    /// Packets that did not.
    lost: f64,
}

/// What a loss that nothing else explains means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Bad luck.
    Chance,
    /// We sent too much.
    Congestion,
    /// Send less and see.
    Try,
    /// Having sent less did not help: go back to this window.
    Restore(f64),
    /// Losses below the knee are chance after all: slow start may lead up to this window.
    Regrow(f64),
}

impl Default for Knee {
    fn default() -> Self {
        Self::Chance {
            since: None,
            lost: 0.0,
        }
    }
}

impl Knee {
    /// Begins a trial.
    pub(super) fn on_trial(&mut self, window: f64, share: f64) {
        *self = Self::Trial(Place::new(window, share));
    }

    /// Notes that too much was lost to be chance.
    pub(super) fn on_excess(&mut self, window: f64, share: f64) {
        *self = Self::Known(Place::new(window, share));
    }

    /// Notes that the window is cut for another reason than excessive loss.
    pub(super) fn on_cut(&mut self, now: Instant, window: f64, share: f64) {
        match self {
            Self::Chance { .. } => {}
            Self::Trial(_) => *self = Self::chance_from(now),
            Self::Known(place) => place.move_to(window, share),
        }
    }

    pub(super) fn on_arrived(&mut self, packets: f64, window: f64) {
        match self {
            Self::Chance { .. } => {}
            Self::Trial(place) => {
                place.arrived += packets;
                if place.arrived * place.share >= CONVINCING {
                    *self = Self::Known(*place);
                }
            }
            Self::Known(place) if place.has_below(window) => place.arrived += packets,
            Self::Known(_) => {}
        }
    }

    /// Judges a loss. `share` is of the packets that are lost of late, `may_try` whether a trial is wanted.
    pub(super) fn on_lost(
        &mut self,
        now: Instant,
        packets: f64,
        window: f64,
        share: f64,
        may_try: bool,
    ) -> Verdict {
        match self {
            Self::Chance { since, lost } => {
                let since = *since.get_or_insert(now);
                *lost += packets;
                let is_time = now.saturating_duration_since(since) >= BETWEEN_TRIALS;
                if may_try && is_time && *lost >= BEFORE_TRIAL && share >= LEAST_SHARE {
                    Verdict::Try
                } else {
                    Verdict::Chance
                }
            }
            Self::Known(place) if !place.has_below(window) => Verdict::Congestion,
            Self::Trial(place) | Self::Known(place) => {
                place.lost += packets;
                if !place.is_refuted() {
                    return Verdict::Chance;
                }
                let refuted = mem::replace(self, Self::chance_from(now));
                refuted.verdict(window)
            }
        }
    }

    /// Returns the largest window, in bytes, that does not disturb a trial.
    pub(super) fn limit(&self) -> f64 {
        match self {
            Self::Trial(place) => place.window * BELOW,
            Self::Chance { .. } | Self::Known(_) => f64::INFINITY,
        }
    }

    /// Says what to do at this window now that it is refuted. Where much is lost of little, too, less is sent
    /// all the same.
    fn verdict(&self, window: f64) -> Verdict {
        match self {
            Self::Trial(place) if place.was_clear() && window >= place.window * NEAR => {
                Verdict::Restore(place.window)
            }
            Self::Known(place) if place.was_clear() => Verdict::Regrow(place.window),
            Self::Chance { .. } | Self::Trial(_) | Self::Known(_) => Verdict::Chance,
        }
    }

    fn chance_from(now: Instant) -> Self {
        Self::Chance {
            since: Some(now),
            lost: 0.0,
        }
    }
}

impl Place {
    fn new(window: f64, share: f64) -> Self {
        Self {
            window,
            share: share.max(LEAST_SHARE),
            arrived: 0.0,
            lost: 0.0,
        }
    }

    /// Moves it to a window at which there was congestion again.
    fn move_to(&mut self, window: f64, share: f64) {
        if self.has_below(window) {
            return;
        }
        self.window = window;
        self.share = self.share.min(share.max(LEAST_SHARE));
        if self.arrived * self.share > 2.0 * CONVINCING {
            self.arrived /= 2.0;
            self.lost /= 2.0;
        }
    }

    /// Tells whether this window is so far below it that losses count against it.
    fn has_below(&self, window: f64) -> bool {
        window <= self.window * BELOW
    }

    /// Tells whether little was lost below it.
    fn was_clear(&self) -> bool {
        self.lost <= (self.arrived + self.lost) * RESTORING
    }

    /// Tells whether a third as much or more is lost below it than above.
    fn is_refuted(&self) -> bool {
        self.lost >= REFUTING && self.lost > (self.arrived + self.lost) * self.share / 3.0
    }
}

/// The share of the window to go on with in a trial.
pub(super) const TRIAL: f64 = 0.75;

/// The share of the window before a trial above which a window is that of the trial.
const NEAR: f64 = 0.7;

/// The share of a knee's window up to which losses are counted against it.
const BELOW: f64 = 0.85;

/// Packets lost before a trial.
const BEFORE_TRIAL: f64 = 8.0;

/// Less than this share of lost packets leaves others enough, and takes too long to try.
const LEAST_SHARE: f64 = 0.003;

/// Losses that had to come to call their absence more than luck.
const CONVINCING: f64 = 6.0;

/// Losses that refute a knee.
const REFUTING: f64 = 4.0;

/// The largest share of lost packets at which a window is restored.
const RESTORING: f64 = 0.03;

/// A trial costs a quarter of the rate for some round trips.
const BETWEEN_TRIALS: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
