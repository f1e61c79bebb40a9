//! Numbers about a connection and its streams.

use std::time::{Duration, Instant};

/// Numbers about a connection, taken at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The smoothed round-trip time, once a ping was answered. Includes the time that pings wait behind data.
    pub rtt: Option<Duration>,
    /// The smallest round-trip time of the last minutes.
    pub min_rtt: Option<Duration>,
    /// Since when a ping of ours is to be answered and nothing has come from the peer at all; `None` while no
    /// answer is owed.
    pub unanswered_since: Option<Instant>,
    /// Streams that the peer opened and that are not over on both sides.
    pub inbound_streams: u32,
    /// Streams that we opened and that are not over on both sides.
    pub outbound_streams: u32,
    /// Streams that we opened and of which the peer has not said a word.
    pub unacknowledged_streams: u32,
    /// Streams that the peer opened and we turned down because there were too many.
    pub refused_streams: u64,
    /// Bytes sent, headers included.
    pub sent_bytes: u64,
    /// Bytes received, headers included.
    pub received_bytes: u64,
    /// Bytes that arrived for nobody.
    pub discarded_bytes: u64,
    /// Bytes that were written and not sent.
    pub unsent_bytes: u64,
    /// Bytes that arrived and were not read.
    pub unread_bytes: u64,
    /// Bytes that the peer may have sent and we not read, on all streams together.
    pub receive_window_bytes: u64,
}

/// Numbers about one stream, taken at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamStats {
    /// Bytes that the peer lets us send beyond those sent.
    pub send_credit_bytes: u32,
    /// Bytes that were written and not sent.
    pub unsent_bytes: usize,
    /// Bytes that arrived and were not read.
    pub unread_bytes: usize,
    /// Bytes that the peer may have sent and we not read.
    pub receive_window_bytes: u32,
    /// Whether a write waits for room or for credit.
    pub is_write_blocked: bool,
}
