//! The QUIC transport: libp2p's QUIC on UDP sockets.
//!
//! # Where it sits
//!
//! Layer 5. It fills the port of `transport`, drives the machines of `quic-proto`, sees the world through
//! `runtime` and decides nothing of the protocol.
//!
//! # The mental model
//!
//! A *shard* is one task that owns a socket, its `Endpoint` and its timers. A connection is a *shell*: its
//! machine behind a plain mutex, shared by the shard and the application's handles. An application task
//! changes the machine under the lock and leaves a mark; only the shard receives and sends.
//!
//! ```text
//! app task ── stream.write ─► lock shell, change, unlock ─► mark ─┐
//!                                                                 ▼
//! socket ─► receive batch ─► route ─► lock shell once a batch ─► events ─► wake ─► handlers ─► transmit ─► socket
//! └──────────────────────────────── one turn of the shard ────────────────────────────────────────────────┘
//! ```
//!
//! * A turn that the application caused yields once first, so that one batch answers everyone who can run.
//! * Handlers of inbound streams are polled within the turn: request, handler and answer share it.
//! * No waker and no user code runs under a lock. The shard never waits for one across a send.
//! * Everything has a bound: batches a turn, sends a connection and turn, handshakes begun a turn, first
//!   packets, unaccepted connections.
//!
//! # Limits and non-goals
//!
//! One socket, one task: a host that needs more cores than one for a single port waits for a later version.
//! Datagrams are not part of the port.
//!
//! # Specs
//!
//! [libp2p quic](https://github.com/libp2p/specs/tree/master/quic), RFC 9000.
#![forbid(unsafe_code)]

mod chunks;
mod close_reason;
mod config;
mod connection;
mod error;
mod listener;
mod shard;
mod transport;

pub use config::Config;
pub use error::StartError;
pub use transport::QuicTransport;
