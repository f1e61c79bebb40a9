//! How long things took.

use std::time::Duration;

/// Durations, to be asked for their percentiles.
#[derive(Debug)]
pub(super) struct Percentiles(Vec<Duration>);

impl Percentiles {
    pub(super) fn new(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    /// Returns the smallest duration that at least `share` of all, 0 to 1, do not exceed.
    pub(super) fn at(&self, share: f64) -> Duration {
        let rank = (self.0.len() as f64 * share).ceil() as usize;
        let index = rank.saturating_sub(1);
        self.0.get(index).copied().unwrap_or_default()
    }

    pub(super) fn mean(&self) -> Duration {
        let count = u32::try_from(self.0.len()).unwrap_or(u32::MAX).max(1);
        self.0.iter().sum::<Duration>() / count
    }

    /// Returns mean, p50, p90, p99, p99.9 and maximum, in milliseconds.
    pub(super) fn cells(&self) -> impl Iterator<Item = String> {
        let at = [0.5, 0.9, 0.99, 0.999, 1.0].map(|share| self.at(share));
        std::iter::once(self.mean()).chain(at).map(milliseconds)
    }

    /// The names of the [`cells`](Self::cells).
    pub(super) const COLUMNS: [&str; 6] = ["mean ms", "p50", "p90", "p99", "p99.9", "longest"];
}

pub(super) fn milliseconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1e3)
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64())
}

pub(super) fn megabits_per_second(bytes: u64, duration: Duration) -> f64 {
    bytes as f64 * 8.0 / duration.as_secs_f64() / 1e6
}
