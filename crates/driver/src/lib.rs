//! What the socket drivers share: the hand-over before parking, served handlers, budgets.
//!
//! # Where it sits
//!
//! Layer 4, internal: `quic` uses it, and every other transport whose connections are driven by a task of
//! their own. It knows the runtime's ports and nothing of any protocol.
//!
//! # The mental model
//!
//! A *shard* is the task that owns a socket. Application tasks change the state of a connection under its
//! lock and leave a mark in the shard's [`Marks`]; only the shard transmits. Its turn is:
//!
//! ```text
//! Marks::begin_turn ─► yield once if the application woke us ─► commands, marks, socket, timers
//!        ─► wake tasks ─► Handlers::poll ─► transmit ─► Marks::end_turn ─► park, or another turn
//! ```
//!
//! * [`Marks`] is the hand-over between marking work and parking. It is checked with loom.
//! * [`Handlers`] polls the futures that serve inbound streams within the turn, so that a datagram, its
//!   handler and the answer share one turn and one packet. A handler that is slow is moved to a task of its
//!   own; one that panics ends alone.
//! * [`budget`] makes streams yield, so that a handler with an endless stream lets the turn end.
//!
//! # Limits and non-goals
//!
//! No I/O and no protocol. A handler is found to be slow only after its first slow poll.
#![forbid(unsafe_code)]

pub mod budget;
mod handlers;
mod marks;

pub use handlers::Handlers;
pub use marks::{Marks, Turn};
