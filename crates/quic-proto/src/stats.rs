//! Numbers about a connection.

use std::time::{Duration, Instant};

/// Numbers about a connection, taken at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The smoothed round-trip time of the current path.
    pub rtt: Duration,
    /// The smallest round-trip time seen on the current path.
    pub min_rtt: Duration,
    /// The bytes that may be in flight.
    pub congestion_window_bytes: u64,
    /// How often congestion was met.
    pub congestion_events: u64,
    /// The largest UDP payload that the path carries, in bytes.
    pub mtu: u16,
    /// Packets sent.
    pub sent_packets: u64,
    /// Packets given up as lost.
    pub lost_packets: u64,
    /// Bytes in packets given up as lost.
    pub lost_bytes: u64,
    /// How often large packets stopped getting through.
    pub black_holes: u64,
    /// Datagrams sent.
    pub sent_datagrams: u64,
    /// Bytes in datagrams sent.
    pub sent_bytes: u64,
    /// Datagrams received, without the one that made a listener's connection.
    pub received_datagrams: u64,
    /// Bytes in the datagrams that were received, counted in the same way.
    pub received_bytes: u64,
    /// Since when the peer owes an answer and nothing has come from it at all; `None` while nothing is owed.
    pub unanswered_since: Option<Instant>,
}

impl From<quinn_proto::ConnectionStats> for Stats {
    fn from(stats: quinn_proto::ConnectionStats) -> Self {
        let quinn_proto::ConnectionStats {
            udp_tx,
            udp_rx,
            path,
            ..
        } = stats;
        Self {
            rtt: path.rtt,
            min_rtt: path.min_rtt,
            congestion_window_bytes: path.cwnd,
            congestion_events: path.congestion_events,
            mtu: path.current_mtu,
            sent_packets: path.sent_packets,
            lost_packets: path.lost_packets,
            lost_bytes: path.lost_bytes,
            black_holes: path.black_holes_detected,
            sent_datagrams: udp_tx.datagrams,
            sent_bytes: udp_tx.bytes,
            received_datagrams: udp_rx.datagrams,
            received_bytes: udp_rx.bytes,
            unanswered_since: None,
        }
    }
}
