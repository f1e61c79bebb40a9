//! How much is lost, and whether that is more than a bad link loses.

/// Packets that arrived and packets that were lost, in full packets: smaller ones count by their bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LossRate {
    arrived: f64,
    lost: f64,
}

impl LossRate {
    pub(super) fn on_arrived(&mut self, packets: f64) {
        self.arrived += packets;
    }

    pub(super) fn on_lost(&mut self, packets: f64) {
        self.lost += packets;
    }

    /// Gives what was before half the weight, if there is enough of it.
    pub(super) fn on_round(&mut self) {
        if self.total() > ENOUGH {
            self.fade();
        }
    }

    /// Gives what was before half the weight.
    pub(super) fn fade(&mut self) {
        self.arrived /= 2.0;
        self.lost /= 2.0;
    }

    /// Tells whether more is lost than chance makes of [`TOLERATED`]: by two standard deviations, and by two
    /// packets, which is for windows of a few packets.
    pub(super) fn is_excessive(&self) -> bool {
        let expected = self.total() * TOLERATED;
        self.lost > expected + 2.0 * expected.sqrt() + 2.0
    }

    pub(super) fn lost(&self) -> f64 {
        self.lost
    }

    pub(super) fn total(&self) -> f64 {
        self.arrived + self.lost
    }
}

/// The share of packets that may get lost without us having sent too much. BBRv2 and v3 allow as much.
pub(super) const TOLERATED: f64 = 0.02;

/// Packets after which older ones lose weight.
const ENOUGH: f64 = 1000.0;

#[cfg(test)]
mod tests;
