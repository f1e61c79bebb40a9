//! The contract that every protocol state machine here keeps.
//!
//! A protocol is a *machine*: a value with methods, and with no socket, clock, task, lock or
//! randomness of its own. Whoever owns it (a driver, a simulator, a fuzzer, another machine) feeds
//! it input and takes its output. This crate has the traits and the few plain values that cross the
//! border, and no code that runs a protocol.
//!
//! It is layer 0: it knows nothing of this workspace, and all machines know it.
//! `sinew-testkit` holds a machine to the contract.
//!
//! # The seven rules
//!
//! 1. **Input mutates, polls drain.** `handle_*` and commands (`open_stream`, `close`) change state
//!    and return no output. `poll_transmit`, `poll_event` and `poll_timeout` give output out, until
//!    `None`. Taking output never makes new output of another kind.
//! 2. **Drain before you sleep**, not between inputs. A caller may hand in a hundred datagrams and
//!    drain once; it must not wait for anything before it has drained.
//! 3. **Time and chance are arguments.** `now` is given to each call and never runs backwards. A
//!    machine that needs randomness is given a seed or a generator when it is made; one that checks
//!    certificates is given the wall clock. A call of `handle_timeout` that comes early, late, twice or
//!    when nothing was asked for is harmless.
//! 4. **Bytes belong to the caller.** A stream machine takes whole units from the front of the
//!    caller's buffer and leaves the rest there, to be presented again with more behind it. It
//!    never leaves more than [`StreamMachine::LOOKAHEAD`] bytes while it waits for more. Payload moves
//!    as `Bytes`/`BytesMut`, so a machine keeps a payload by splitting it off, not by copying it.
//! 5. **Bounded.** Each queue and each counter that the peer can move has a limit in `Config`. A full
//!    machine says so (an error, a `Blocked` answer, input left unused) instead of growing.
//! 6. **An `Err` ends it.** So does an orderly close, which is an event. After the end everything is a
//!    no-op: `handle_*` returns `Ok` and uses nothing, no timer is set, and polls return `None` once
//!    what was queued before the end is out. (An alert or a close frame is queued before the `Err`, so
//!    a driver drains once more and then lets go.)
//! 7. **Deterministic.** The same calls with the same arguments give the same events and the same bytes.
//!    Nothing iterates in hash order. How the input was cut into pieces shows in no event and no error,
//!    and in the bytes at most as other framing of the same content.
//!
//! # A turn
//!
//! ```
//! use std::time::Instant;
//!
//! use bytes::BytesMut;
//! use sinew_sans_io::{Deadline, StreamMachine, drain};
//!
//! /// One turn of a driver; returns when to call `handle_timeout` if nothing arrives before.
//! fn turn<M: StreamMachine>(
//!     machine: &mut M,
//!     now: Instant,
//!     received: &mut BytesMut,
//!     to_send: &mut Vec<u8>,
//!     events: &mut Vec<M::Event>,
//! ) -> Result<Option<Deadline>, M::Error> {
//!     machine.handle_input(now, received)?;
//!     machine.handle_timeout(now)?;
//!     Ok(drain(machine, now, to_send, |event| events.push(event)))
//! }
//! ```
//!
//! # Machines in pairs
//!
//! A protocol whose parts must be locked apart is several machines *joined by values*: QUIC is an
//! endpoint, which owns what all connections share, and one connection each. What one has for the
//! other is a plain value that leaves the first by a poll and enters the second by a `handle_*`; the
//! owner of both carries it across, and neither holds a reference to the other. A router may skip
//! the queue: a `handle_*` whose input turns into exactly one value for a sibling returns that
//! value. Each part keeps the seven rules by itself, and the traits are implemented where they fit.
//!
//! # Limits and non-goals
//!
//! No executor, no combinators, no framing. Framing and sealing are plain functions or codecs; only
//! a conversation is a machine. [`bytes`] is the one dependency, and its types are part of this API.
#![forbid(unsafe_code)]

mod buffer_budget;
mod datagram;
mod deadline;
mod drain;
mod machine;
mod role;

pub use buffer_budget::{BufferBudget, BufferRefusal, BufferShare};
pub use datagram::{Datagram, Ecn, Transmit};
pub use deadline::Deadline;
pub use drain::drain;
pub use machine::{DatagramMachine, Machine, StreamMachine};
pub use role::Role;
