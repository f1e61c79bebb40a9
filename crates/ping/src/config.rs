//! What is allowed.

use std::time::Duration;

/// The limits of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// How long a [`Pinger`](crate::Pinger) waits for an answer. 20 s: rust-libp2p may answer up to 10 s late
    /// over QUIC.
    pub timeout: Duration,
    /// How many streams a [`Responder`](crate::Responder) serves for one peer at a time. 2, which the
    /// specification recommends: one in use, and one that replaces it while the end of the first is on its way.
    pub max_streams_per_peer: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            max_streams_per_peer: 2,
        }
    }
}
