//! How much there may be of everything.

use std::fmt;

use sinew_transport::BufferBudget;

use crate::{Block, Rate};

/// The bounds of a host. Each is enforced before what it bounds is allocated, and given back by a value that
/// is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections in all, handshakes in progress included. 2,048.
    pub max_connections: u32,
    /// Connections that peers made, handshakes in progress included. 1,536: what is left stays ours.
    pub max_inbound_connections: u32,
    /// Connections that we made, attempts in progress included. 1,536.
    pub max_outbound_connections: u32,
    /// Connections with one peer. 8. A further one takes the place of the oldest, which may be dead without
    /// our knowing; with 1, two peers that dial each other at the same moment may end with none.
    pub max_connections_per_peer: u32,
    /// Inbound handshakes in progress. 256.
    pub max_pending_inbound: u32,
    /// Inbound handshakes in progress from which on new attempts must prove their address first. 64.
    pub retry_from_pending_inbound: u32,
    /// Connections that came from one address (IPv4, or IPv6 /64), handshakes in progress included. 32: many
    /// peers behind one NAT, and a fiftieth of what may come in.
    ///
    /// Connections from this machine itself are not counted here, nor in the four limits that follow. Half of
    /// each of the five is for attempts that have proven their address alone, so that nobody can use it up in
    /// the name of others.
    pub max_inbound_per_address: u32,
    /// Connections that came from one prefix (IPv4 /24, IPv6 /48), handshakes in progress included. 256: one
    /// for each address of a /24, and a sixth of what may come in. Private networks have no prefixes.
    pub max_inbound_per_prefix: u32,
    /// Inbound handshakes in progress from one prefix. 64: a quarter of all, so that silence from one place
    /// leaves room for others.
    pub max_pending_inbound_per_prefix: u32,
    /// Inbound attempts from one address. 64 at once, 120 a minute: one who reconnects all the time needs
    /// fewer.
    pub inbound_rate_per_address: Rate,
    /// Inbound attempts from one prefix. 512 at once, 960 a minute.
    pub inbound_rate_per_prefix: Rate,
    /// Refusals of attempts from one address. 128 at once, 600 a minute; whoever goes on is not answered. Requests
    /// for proof of an address are not counted: they are smaller than what asks for them, and what is asked for in
    /// the name of others would keep those out.
    pub answer_rate_per_address: Rate,
    /// Refusals of attempts from one prefix. 1,024 at once, 4,800 a minute.
    pub answer_rate_per_prefix: Rate,
    /// Peers that are being dialed. 1,024.
    pub max_pending_outbound: u32,
    /// Open inbound streams of one connection. 1,024: transports have limits of their own, usually 256.
    pub max_inbound_streams_per_connection: u32,
    /// Inbound streams of one connection whose handlers for one and the same protocol run. 256.
    pub max_inbound_streams_per_protocol: u32,
    /// Open outbound streams of one connection. 4,096.
    pub max_outbound_streams_per_connection: u32,
    /// Inbound streams of one connection that wait to agree on a protocol. 256, as many as transports let a peer
    /// open: go-libp2p says nothing on a stream before it is used.
    pub max_negotiating_per_connection: u32,
    /// Inbound streams that wait to agree on a protocol, over all connections. 4,096.
    pub max_negotiating: u32,
    /// Bytes that may wait on one connection to be read or sent, in both directions together. 128 MiB: what the
    /// first windows of all streams of a connection with Yamux may hold. QUIC stays far below.
    pub max_buffered_bytes_per_connection: u64,
    /// Bytes that may wait on all connections to be read or sent, with those that peers were given credit for. 2
    /// GiB.
    ///
    /// For each of [`max_connections`](Self::max_connections), 512 KiB are set aside, as far as half of the whole
    /// goes: that is how many connections there may be. Connections that need more share the rest. Where it is used
    /// up, windows do not grow, writers wait, and over TCP streams whose data nobody reads are reset.
    pub max_buffered_bytes: u64,
}

/// The name of one of the [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::max_connections`].
    Connections,
    /// [`Limits::max_inbound_connections`].
    InboundConnections,
    /// [`Limits::max_outbound_connections`].
    OutboundConnections,
    /// [`Limits::max_connections_per_peer`].
    ConnectionsPerPeer,
    /// [`Limits::max_pending_inbound`].
    PendingInbound,
    /// [`Limits::max_pending_outbound`].
    PendingOutbound,
    /// [`Limits::max_inbound_per_address`].
    InboundPerAddress,
    /// [`Limits::max_inbound_per_prefix`].
    InboundPerPrefix,
    /// [`Limits::max_pending_inbound_per_prefix`].
    PendingInboundPerPrefix,
    /// [`Limits::inbound_rate_per_address`].
    InboundRatePerAddress,
    /// [`Limits::inbound_rate_per_prefix`].
    InboundRatePerPrefix,
    /// [`Limits::answer_rate_per_address`].
    AnswerRatePerAddress,
    /// [`Limits::answer_rate_per_prefix`].
    AnswerRatePerPrefix,
    /// [`Limits::max_inbound_streams_per_connection`].
    InboundStreamsPerConnection,
    /// [`Limits::max_inbound_streams_per_protocol`].
    InboundStreamsPerProtocol,
    /// [`Limits::max_outbound_streams_per_connection`].
    OutboundStreamsPerConnection,
    /// [`Limits::max_negotiating_per_connection`].
    NegotiatingPerConnection,
    /// [`Limits::max_negotiating`].
    Negotiating,
    /// [`Limits::max_buffered_bytes_per_connection`].
    BufferedBytesPerConnection,
    /// [`Limits::max_buffered_bytes`].
    BufferedBytes,
}

/// A limit of this host was reached. Nobody is wrong; raise the limit, or try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "limit {limit} of this host is reached{}: {current} of {maximum} in use; `Limits::{limit}` raises it",
    .block.map(|block| format!(" for {block}")).unwrap_or_default()
)]
#[non_exhaustive]
pub struct LimitExceeded {
    /// Which.
    pub limit: Limit,
    /// How much is in use; of a rate, how much of the burst was not earned back.
    pub current: u64,
    /// How much may be.
    pub maximum: u64,
    /// For which address or prefix, of a limit that counts by them.
    pub block: Option<Block>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 2048,
            max_inbound_connections: 1536,
            max_outbound_connections: 1536,
            max_connections_per_peer: 8,
            max_pending_inbound: 256,
            retry_from_pending_inbound: 64,
            max_inbound_per_address: 32,
            max_inbound_per_prefix: 256,
            max_pending_inbound_per_prefix: 64,
            inbound_rate_per_address: Rate::new(64, 120),
            inbound_rate_per_prefix: Rate::new(512, 960),
            answer_rate_per_address: Rate::new(128, 600),
            answer_rate_per_prefix: Rate::new(1024, 4800),
            max_pending_outbound: 1024,
            max_inbound_streams_per_connection: 1024,
            max_inbound_streams_per_protocol: 256,
            max_outbound_streams_per_connection: 4096,
            max_negotiating_per_connection: 256,
            max_negotiating: 4096,
            max_buffered_bytes_per_connection: 128 << 20,
            max_buffered_bytes: 2 << 30,
        }
    }
}

impl Limits {
    /// Returns the maximum of one limit; of a rate, the burst.
    pub fn maximum(&self, limit: Limit) -> u64 {
        let maximum = match limit {
            Limit::BufferedBytesPerConnection => return self.max_buffered_bytes_per_connection,
            Limit::BufferedBytes => return self.max_buffered_bytes,
            Limit::Connections => self.max_connections,
            Limit::InboundConnections => self.max_inbound_connections,
            Limit::OutboundConnections => self.max_outbound_connections,
            Limit::ConnectionsPerPeer => self.max_connections_per_peer,
            Limit::PendingInbound => self.max_pending_inbound,
            Limit::PendingOutbound => self.max_pending_outbound,
            Limit::InboundPerAddress => self.max_inbound_per_address,
            Limit::InboundPerPrefix => self.max_inbound_per_prefix,
            Limit::PendingInboundPerPrefix => self.max_pending_inbound_per_prefix,
            Limit::InboundRatePerAddress => self.inbound_rate_per_address.burst,
            Limit::InboundRatePerPrefix => self.inbound_rate_per_prefix.burst,
            Limit::AnswerRatePerAddress => self.answer_rate_per_address.burst,
            Limit::AnswerRatePerPrefix => self.answer_rate_per_prefix.burst,
            Limit::InboundStreamsPerConnection => self.max_inbound_streams_per_connection,
            Limit::InboundStreamsPerProtocol => self.max_inbound_streams_per_protocol,
            Limit::OutboundStreamsPerConnection => self.max_outbound_streams_per_connection,
            Limit::NegotiatingPerConnection => self.max_negotiating_per_connection,
            Limit::Negotiating => self.max_negotiating,
        };
        maximum.into()
    }

    /// Checks that one more fits beside `current`.
    pub(crate) fn check(&self, limit: Limit, current: u32) -> Result<(), LimitExceeded> {
        let (current, maximum) = (current.into(), self.maximum(limit));
        if current < maximum {
            return Ok(());
        }
        Err(LimitExceeded {
            limit,
            current,
            maximum,
            block: None,
        })
    }

    /// Checks that what one more connection needs may be set aside beside `connections`, which hold `taken` bytes
    /// beyond.
    pub(crate) fn check_room(&self, connections: u32, taken: u64) -> Result<(), LimitExceeded> {
        if set_aside(connections.saturating_add(1)) <= self.set_aside() {
            return Ok(());
        }
        Err(LimitExceeded {
            limit: Limit::BufferedBytes,
            current: set_aside(connections).saturating_add(taken),
            maximum: self.max_buffered_bytes,
            block: None,
        })
    }

    /// Makes what the buffers of a host's connections are taken from.
    pub(crate) fn buffers(&self) -> BufferBudget {
        let shared = self.max_buffered_bytes.saturating_sub(self.set_aside());
        BufferBudget::new(shared, self.max_buffered_bytes_per_connection)
    }

    /// What is kept for connections alone.
    fn set_aside(&self) -> u64 {
        set_aside(self.max_connections).min(self.max_buffered_bytes / 2)
    }
}

impl Limit {
    /// Returns the name of the field of [`Limits`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Connections => "max_connections",
            Self::InboundConnections => "max_inbound_connections",
            Self::OutboundConnections => "max_outbound_connections",
            Self::ConnectionsPerPeer => "max_connections_per_peer",
            Self::PendingInbound => "max_pending_inbound",
            Self::PendingOutbound => "max_pending_outbound",
            Self::InboundPerAddress => "max_inbound_per_address",
            Self::InboundPerPrefix => "max_inbound_per_prefix",
            Self::PendingInboundPerPrefix => "max_pending_inbound_per_prefix",
            Self::InboundRatePerAddress => "inbound_rate_per_address",
            Self::InboundRatePerPrefix => "inbound_rate_per_prefix",
            Self::AnswerRatePerAddress => "answer_rate_per_address",
            Self::AnswerRatePerPrefix => "answer_rate_per_prefix",
            Self::InboundStreamsPerConnection => "max_inbound_streams_per_connection",
            Self::InboundStreamsPerProtocol => "max_inbound_streams_per_protocol",
            Self::OutboundStreamsPerConnection => "max_outbound_streams_per_connection",
            Self::NegotiatingPerConnection => "max_negotiating_per_connection",
            Self::Negotiating => "max_negotiating",
            Self::BufferedBytesPerConnection => "max_buffered_bytes_per_connection",
            Self::BufferedBytes => "max_buffered_bytes",
        }
    }

    pub(crate) fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What so many connections have for themselves, both directions together, in bytes.
pub(crate) fn set_aside(connections: u32) -> u64 {
    u64::from(connections).saturating_mul(2 * BufferBudget::BASE)
}
