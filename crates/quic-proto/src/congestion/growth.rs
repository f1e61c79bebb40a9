//! How fast the window grows after slow start. All windows are in packets.
//!
//! Cubic grows with the time since the last cut, Reno with round trips. Where a queue stands, a Cubic flow takes
//! most of it from a Reno flow, so there we grow between the two and get along with either.

use std::time::Duration;

/// A window, the one that was cut last, and how it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    pub(super) window: f64,
    /// The window at the last cut.
    pub(super) last_max: f64,
    /// The share that the last cut left.
    pub(super) left: f64,
    pub(super) rtt: Duration,
}

impl Growth {
    /// Returns the packets to add within a round trip when there is no queue: as Cubic does, no slower than
    /// a Reno flow, and by half the window at most.
    ///
    /// [RFC 9438 §4.2] gives the window as a cubic function of the time since the last cut. This is its
    /// slope as a function of the window: it needs no clock, so that silence does not count as growth.
    pub(super) fn without_queue(&self) -> f64 {
        let reno = self.reno(CUBIC_LEFT);
        let most = reno.max(self.window / 2.0);
        (self.slope(self.window - self.last_max) * self.seconds()).clamp(reno, most)
    }

    /// Returns the packets to add within a round trip to a queue that stands.
    pub(super) fn with_queue(&self) -> f64 {
        let reno = self.reno(self.left);
        // What Cubic adds, on average, on its way back to where it was cut.
        let on_average = CUBIC.cbrt() * two_thirds(self.window * (1.0 - CUBIC_LEFT));
        // Further up than ever since, what was is no measure for what is.
        let beyond = 2.0 * self.slope((self.window - self.last_max).max(0.0));
        let cubic = on_average.max(beyond) * self.seconds();
        REPLACEMENT * reno * (cubic / reno).max(1.0).powf(TOWARDS_CUBIC)
    }

    /// Returns Cubic's packets per second at this distance from the last maximum.
    fn slope(&self, distance: f64) -> f64 {
        3.0 * CUBIC.cbrt() * two_thirds(distance.abs())
    }

    /// Returns what a flow that leaves this share at each cut adds within a round trip to get as much as
    /// Reno, which leaves a half and adds one packet. [RFC 9438 §4.3]
    fn reno(&self, left: f64) -> f64 {
        3.0 * (1.0 - left) / (1.0 + left)
    }

    fn seconds(&self) -> f64 {
        self.rtt.as_secs_f64()
    }
}

fn two_thirds(x: f64) -> f64 {
    let root = x.cbrt();
    root * root
}

/// The constant C, in packets per cubic second. [RFC 9438 §5]
const CUBIC: f64 = 0.4;

/// The share of the window that Cubic leaves at a cut. [RFC 9438 §4.6]
pub(super) const CUBIC_LEFT: f64 = 0.7;

/// How far to go from Reno's growth, 0, to Cubic's, 1, in proportion. Measured.
const TOWARDS_CUBIC: f64 = 0.55;

/// What to multiply Reno's growth with first. Measured.
const REPLACEMENT: f64 = 1.6;

#[cfg(test)]
mod tests;
