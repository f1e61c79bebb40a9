//! Whether losses depend on how much is sent.

use super::loss_rate::{LossRate, TOLERATED};

/// A window at which too much was lost, and what is lost well below it.
///
/// A router that drops what exceeds a rate, or has a queue of a few packets, looks like a link that loses packets.
/// Near the window at which it dropped too many every loss is congestion from then on, until it shows that as many are
/// lost of less.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knee {
    /// In bytes.
    window: f64,
    /// What became of packets that were sent with a window well below it.
    below: LossRate,
}

impl Knee {
    pub(super) fn new(window: f64) -> Self {
        Self {
            window,
            below: LossRate::default(),
        }
    }

    /// Tells whether this window is so far below it that losses count against it.
    pub(super) fn has_below(&self, window: f64) -> bool {
        window <= self.window * BELOW
    }

    /// Moves it to a window at which there was congestion again.
    pub(super) fn on_cut(&mut self, window: f64) {
        if self.has_below(window) {
            return;
        }
        self.window = window;
        if self.expected() > ENOUGH {
            self.below.fade();
        }
    }

    pub(super) fn on_arrived(&mut self, packets: f64, window: f64) {
        if self.has_below(window) {
            self.below.on_arrived(packets);
        }
    }

    pub(super) fn on_lost(&mut self, packets: f64, window: f64) {
        if self.has_below(window) {
            self.below.on_lost(packets);
        }
    }

    /// Tells whether not much less is lost below it than what made it a knee.
    pub(super) fn is_refuted(&self) -> bool {
        self.below.lost() >= REFUTING && self.below.lost() >= self.expected() * AS_MANY
    }

    /// Returns how many packets would have been lost below it at the least share that makes a knee. The share at which
    /// it was noticed is no measure, for it may have been that of a burst.
    fn expected(&self) -> f64 {
        self.below.total() * TOLERATED
    }
}

/// The share of a knee's window up to which losses are counted against it. A cut without a queue leaves 0.7 of the
/// window, which then has to be below for a while.
const BELOW: f64 = 0.8;

/// Losses that refute a knee, if they are this share or more of those that had to come.
const REFUTING: f64 = 6.0;
const AS_MANY: f64 = 0.6;

/// Losses that had to come after which older ones lose weight.
const ENOUGH: f64 = 24.0;

#[cfg(test)]
mod tests;
