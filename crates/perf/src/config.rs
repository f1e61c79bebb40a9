//! What a server allows.

use std::time::Duration;

/// The limits of a [`Responder`](crate::Responder).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Runs of one peer at a time. 64: more streams than that do not make a connection faster.
    pub max_runs_per_peer: usize,
    /// Runs of all peers at a time. 256: four peers that use all they may.
    pub max_runs: usize,
    /// How long a peer may neither send nor take anything. 30 s: a network that is gone for longer ends the
    /// connection too. Noticed after this long at the earliest and twice as long at the latest.
    pub stall_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_runs_per_peer: 64,
            max_runs: 256,
            stall_timeout: Duration::from_secs(30),
        }
    }
}
