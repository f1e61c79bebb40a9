//! Numbers about a connection.

use std::time::{Duration, Instant};

/// Numbers about a connection, taken at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Bytes sent, with everything that belongs to them.
    pub sent_bytes: u64,
    /// Bytes received, with everything that belongs to them.
    pub received_bytes: u64,
    /// The smoothed round-trip time, once a ping was answered. Includes the time that pings wait behind data.
    pub rtt: Option<Duration>,
    /// The smallest round-trip time of the last minute or so.
    pub min_rtt: Option<Duration>,
    /// Since when a ping of ours is to be answered and nothing has come from the peer at all; `None` while no
    /// answer is owed.
    pub unanswered_since: Option<Instant>,
    /// Streams that the peer opened and that are not over on both sides.
    pub inbound_streams: u32,
    /// Streams that we opened and that are not over on both sides.
    pub outbound_streams: u32,
    /// Streams that the peer opened and we turned down because there were too many.
    pub refused_streams: u64,
    /// Bytes of streams that were written and not sent.
    pub unsent_bytes: u64,
    /// Bytes of streams that arrived and were not read.
    pub unread_bytes: u64,
    /// Bytes that the peer may have sent and we not read, on all streams together.
    pub receive_window_bytes: u64,
}
