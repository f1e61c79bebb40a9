//! libp2p QUIC without I/O.
//!
//! QUIC connections in which each side has proven who it is: datagrams, time and chance go in, datagrams,
//! deadlines and events come out. The packets and frames are those of `quinn-proto`; this crate adds the
//! libp2p identity, what an owner of many connections needs to decide about strangers, and the events
//! that quinn-proto does not have. No type of quinn-proto is visible here.
//!
//! # Where it sits
//!
//! Layer 3, pure. Below it are `tls` (certificates) and `sans-io` (the contract); above it the `quic`
//! driver, which owns a socket, and whoever wants to run QUIC on something else.
//!
//! # The mental model
//!
//! Two machines joined by values. An [`Endpoint`] belongs to a socket: it knows which datagram belongs to
//! which connection, and it makes connections. A [`Connection`] is one peer: its streams, timers and
//! packets. They are apart so that they can be locked apart, and the owner of both carries values between
//! them:
//!
//! ```text
//! datagram ──► Endpoint::handle_datagram ──► Routed::Connection(handle, ConnectionInput)
//!                        │                                  │
//!                        │ Routed::Incoming                 ▼
//!                        ▼                      Connection::handle_input
//!              accept, retry, refuse, ignore                │
//!                                               Connection::poll_endpoint ──► EndpointInput
//!                                                                                │
//! Connection::handle_input ◄── ConnectionInput ◄── Endpoint::handle_connection_output
//! ```
//!
//! After any input to a connection, drain it: `poll_endpoint`, `poll_event` and `poll_transmit` until
//! `None`, then look at `poll_timeout`. An endpoint's own answers (version negotiation, Retry, stateless
//! resets, refusals) come out of [`Endpoint::poll_transmit`].
//!
//! # Strangers
//!
//! A gate before any cryptography: [`opens_connection`] tells from its first bytes whether a datagram
//! asks for a new connection. Then, before TLS, each [`Incoming`] is accepted, sent a Retry, refused or
//! ignored. Only `accept` costs a handshake.
//!
//! # Streams
//!
//! All streams are bidirectional. Who opened or accepted one calls [`Connection::abandon`] once when done
//! with it, in whatever state it is: what was not finished is reset, what was not read is stopped, and
//! the peer's credit for another stream comes back.
//!
//! # Limits and non-goals
//!
//! No 0-RTT and no session tickets (rustls skips the certificate check when it resumes), no unidirectional
//! streams (libp2p has none), QUIC version 1 alone.
//!
//! # Specs
//!
//! [libp2p/specs quic](https://github.com/libp2p/specs/blob/master/quic/README.md), RFC 9000, 9001, 9002,
//! 9221 (datagrams).
#![forbid(unsafe_code)]

mod close_reason;
mod config;
mod congestion;
mod connection;
mod crypto;
mod endpoint;
mod event;
mod peer_parameters;
mod stats;
mod stream_id;

pub use close_reason::{CloseReason, Fault, HandshakePhase};
pub use config::{Config, ConfigError, Congestion, DatagramConfig};
pub use connection::{
    Connection, ConnectionInput, ReadError, ReadState, SendDatagramError, StreamError, WriteError,
};
pub use endpoint::{
    AcceptError, ConnectionHandle, Dial, DialError, Endpoint, EndpointInput, Incoming, Parameters,
    Routed, opens_connection,
};
pub use event::Event;
/// For the fuzz target of this decoder alone.
#[doc(hidden)]
pub use peer_parameters::PeerParameters;
pub use stats::Stats;
pub use stream_id::StreamId;
