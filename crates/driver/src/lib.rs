//! What the socket drivers share: connections that a task drives and others use, the hand-over before parking,
//! served handlers, budgets, inbound connections on their way to a listener.
//!
//! # Where it sits
//!
//! Layer 4, internal: `quic` and `tcp` use it, and every other transport whose connections are driven by a task
//! of their own. It knows the runtime's ports and the port of transports, and nothing of any protocol.
//!
//! # The mental model
//!
//! A connection is a [`Shell`]: a protocol machine, and who waits for what, behind a plain mutex. The machine is
//! whatever fills [`Muxer`]. The application has [`Handle`]s and streams: they change the machine under the lock,
//! store a waker if they have to wait, and leave a mark if something is to be sent. The task that drives the
//! connection passes on what the machine's events say ([`State::on_readable`] and its like), collects whom to
//! wake in a [`Due`], and does what is due with no lock held.
//!
//! A *shard* is a task that owns a socket. Application tasks leave a mark in its [`Marks`]; only the shard
//! transmits. Its turn is:
//!
//! ```text
//! Marks::begin_turn ─► perhaps yield once if the application woke us ─► commands, marks, socket, timers
//!        ─► Shell::settle ─► Due::run ─► Handlers::poll ─► transmit ─► Marks::end_turn ─► park, or another turn
//! ```
//!
//! * [`Marks`] is the hand-over between marking work and parking. It is checked with loom.
//! * [`Patience`] decides about that one yield.
//! * [`Handlers`] polls the futures that serve inbound streams within the turn, so that a datagram, its
//!   handler and the answer share one turn and one packet. A handler that is slow is moved to a task of its
//!   own; one that panics ends alone.
//! * [`budget`] makes streams yield, so that a handler with an endless stream lets the turn end.
//! * [`Slabs`] is memory for what arrives, used again.
//! * [`Inbox`] is where inbound connections wait for whoever listens, [`Dialed`] guards an outbound one until
//!   its dialer has it.
//!
//! # Limits and non-goals
//!
//! No I/O and no protocol. A handler is found to be slow only after its first slow poll.
#![forbid(unsafe_code)]

pub mod budget;
mod dialed;
mod due;
mod handle;
mod handlers;
mod inbox;
mod marks;
mod muxer;
mod openings;
mod patience;
mod reach;
mod shell;
mod slabs;
mod state;
mod stream;
mod wall_clock;

pub use dialed::Dialed;
pub use due::Due;
pub use handle::Handle;
pub use handlers::Handlers;
pub use inbox::{Arrival, Inbound, Inbox};
pub use marks::{Marks, Turn};
pub use muxer::{Muxer, ReadFault, WriteFault};
pub use patience::Patience;
pub use reach::can_reach;
pub use shell::{Driven, Shell};
pub use slabs::Slabs;
pub use state::State;
pub use wall_clock::WallClock;
