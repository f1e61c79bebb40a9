//! The TCP transport: libp2p over TCP, with TLS or Noise, and Yamux.
//!
//! # Where it sits
//!
//! Layer 5. It fills the port of `transport`, drives the machines of `tcp-proto`, sees the world through
//! `runtime` and decides nothing of the protocol. What it has in common with `quic` is in `driver`.
//!
//! # The mental model
//!
//! A connection has a socket, and one task that drives both. Its machine stands behind a plain mutex, shared by
//! the task and the application's handles. An application task changes the machine under the lock and rings;
//! only the connection's task reads and writes.
//!
//! ```text
//! app task ── stream.write ─► lock, change, unlock ─► ring ─┐
//!                                                           ▼
//! socket ─► read ─► lock, open records ─► events ─► wake ─► handlers ─► seal records ─► write ─► socket
//! └────────────────────────── one turn of the connection's task ──────────────────────────────┘
//! ```
//!
//! * A turn that the application caused yields once first, so that one write carries what everyone had to say.
//! * Handlers of inbound streams are polled within the turn: request, handler and answer share it.
//! * No waker and no user code runs under a lock, and nothing is sent under one.
//! * What is sent is chosen late: one batch is made, and the next when the socket has taken it.
//! * Nothing is read while the machine has to answer first; a slow reader of one stream slows that stream, by
//!   its window, and not the connection.
//! * Everything has a bound: reads and writes a turn, connections that a listener accepts in a turn, handshakes
//!   in progress, unaccepted connections, the time to connect, to set a connection up, and to end it.
//!
//! A listener has a task too, which accepts, asks the gate before any cryptography, and starts a task for each
//! connection. It outlives bursts: when the process is out of descriptors it waits and goes on.
//!
//! # Ends
//!
//! A connection that is closed by this side tells the peer why, ends its half, and stays until the peer has
//! ended its own or [`Config::close_timeout`] is over: a socket that is closed with unread input resets the
//! connection, and what was said last may be lost.
//!
//! # Limits and non-goals
//!
//! A dial that leaves from a port that listens ([`PortUse::Shared`](sinew_transport::PortUse::Shared)) falls back
//! to a new port where the shared one cannot be used. Two hosts that dial each other at the same moment from
//! shared ports get one connection on which both are dialers, and which fails. Simultaneous open is not spoken:
//! both dial again, once and from new ports, as does everybody whose peer breaks a rule on a shared port, or ends
//! the connection before it says what only a listener does.
//!
//! # Specs
//!
//! [libp2p connections](https://github.com/libp2p/specs/tree/master/connections),
//! [tls](https://github.com/libp2p/specs/tree/master/tls), [noise](https://github.com/libp2p/specs/tree/master/noise),
//! [yamux](https://github.com/libp2p/specs/tree/master/yamux).
#![forbid(unsafe_code)]

mod accept;
mod close_reason;
mod config;
mod connect;
mod connection;
mod error;
mod listener;
mod roster;
mod simultaneous;
mod task;
mod transport;

pub use config::Config;
pub use error::StartError;
pub use sinew_tcp_proto::{
    Config as ProtocolConfig, Error as ProtocolError, Fault, Phase as ProtocolPhase,
    Security as SecurityProtocol, YamuxConfig,
};
pub use transport::TcpTransport;
