//! What a host is willing to do.

use std::time::Duration;

use sinew_transport::negotiate;

use crate::{BlackHoleDetection, DialDelays, Limits, LookupLimits};

/// The settings of a [`Swarm`](crate::Swarm).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// How much there may be of everything.
    pub limits: Limits,
    /// How long the dial of one address may take, its handshakes included. 15 s: transports give up
    /// earlier, each after its own handshake timeout; this bounds those that do not.
    pub dial_timeout: Duration,
    /// Addresses dialed at once, over all peers. 128: further ones wait for their turn.
    pub dial_concurrency: usize,
    /// Addresses of one peer that one attempt looks at. 64: several times what peers have; those beyond
    /// are ignored.
    pub max_addresses_per_dial: usize,
    /// The head starts of better addresses in the race for a connection. QUIC before TCP, IPv6 before IPv4, a
    /// quarter of a second each; a fraction of that among private addresses.
    pub dial_delays: DialDelays,
    /// When UDP or IPv6 is taken to be swallowed by the network, so that other addresses of a peer are dialed
    /// without waiting for them. `None`: never.
    pub black_hole_detection: Option<BlackHoleDetection>,
    /// How much looking up of names an attempt may cause, and how long it may take.
    pub lookups: LookupLimits,
    /// How long an inbound stream may take to agree on a protocol. 10 s.
    pub negotiation_timeout: Duration,
    /// How long opening a stream may take: waiting until the peer allows one, and agreeing on a protocol
    /// when several are offered. 10 s.
    pub open_timeout: Duration,
    /// Rules of protocol negotiation.
    pub negotiation: negotiate::Config,
    /// Silence in both directions after which a stream is reset. `None`: protocols know better.
    ///
    /// Noticed while someone reads from the stream or writes to it; there is no task that watches.
    pub idle_stream_timeout: Option<Duration>,
    /// Age at which a stream is reset, whatever it does. `None`: streams may live as long as connections.
    pub max_stream_lifetime: Option<Duration>,
    /// How long a graceful shutdown waits for open streams. 3 s.
    pub shutdown_grace: Duration,
    /// Events that wait for each reader; a slower one is told how many it missed. 1,024.
    pub event_buffer: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            dial_timeout: Duration::from_secs(15),
            dial_concurrency: 128,
            max_addresses_per_dial: 64,
            dial_delays: DialDelays::default(),
            black_hole_detection: Some(BlackHoleDetection::default()),
            lookups: LookupLimits::default(),
            negotiation_timeout: Duration::from_secs(10),
            open_timeout: Duration::from_secs(10),
            negotiation: negotiate::Config::default(),
            idle_stream_timeout: None,
            max_stream_lifetime: None,
            shutdown_grace: Duration::from_secs(3),
            event_buffer: 1024,
        }
    }
}
