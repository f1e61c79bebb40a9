//! TCP, as far as programs can tell it from a kernel's.
//!
//! Modelled: the handshake with its retries, refusals, the backlog; sequence numbers, selective
//! acknowledgements, retransmission, NewReno's windows, the receiver's window; half-close, resets, what a
//! kernel does with a connection that its program dropped. Not modelled: delayed acknowledgements,
//! timestamps as such, path MTU discovery (what fits is known), ECN, keep-alive.

mod connection;
mod receiver;
mod segment;
mod sender;
mod sockets;
mod stack;

pub(crate) use segment::{Between, Segment};
pub(crate) use sockets::VirtualTcp;
pub(crate) use stack::{ConnectionKey, TcpStack};
