//! What a client is to measure.

use std::time::Duration;

/// What is measured, and how patiently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// What is sent first. Nothing.
    pub upload: Amount,
    /// What is received after that. As much as fits into 10 s: long enough for congestion control to find the
    /// rate of the path.
    pub download: Amount,
    /// How long nothing at all may move. 30 s: a network that is gone for longer ends the connection too. Noticed
    /// after this long at the earliest and twice as long at the latest.
    pub stall_timeout: Duration,
}

/// How much goes in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many bytes, over all streams of the run together.
    Bytes(u64),
    /// As many as fit into this time.
    For(Duration),
}

impl Amount {
    /// No bytes.
    pub const NOTHING: Self = Self::Bytes(0);

    /// Returns the share of one of several streams; no two shares differ by more than a byte.
    pub(crate) fn share(self, index: usize, streams: usize) -> Self {
        let Self::Bytes(bytes) = self else {
            return self;
        };
        let (index, streams) = (index as u64, streams.max(1) as u64);
        Self::Bytes(bytes / streams + u64::from(index < bytes % streams))
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            upload: Amount::NOTHING,
            download: Amount::For(Duration::from_secs(10)),
            stall_timeout: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests;
