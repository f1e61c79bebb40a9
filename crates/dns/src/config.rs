//! How patient a resolver is, and how much it remembers.

use std::time::Duration;

/// The settings of a [`DnsResolver`](crate::DnsResolver).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// How long one try may take; with the system's settings, these decide. 1.5 s: three tries fit into the
    /// 5 s that a caller waits.
    pub timeout: Duration,
    /// Tries after the first one; with the system's settings, these decide. 2.
    pub retries: usize,
    /// Answers that are remembered. 256: an answer has 64 KiB at most, and few have more than some hundred
    /// bytes.
    pub max_remembered: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            timeout: Duration::from_millis(1500),
            retries: 2,
            max_remembered: 256,
        }
    }
}
