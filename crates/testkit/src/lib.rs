//! The checks that every protocol state machine passes, and the seeds that make them repeatable.
//!
//! Layer 1, for tests alone: it knows [`sinew_sans_io`] and no protocol, so the tests of every pure
//! crate can use it.
//!
//! # The mental model
//!
//! A test gives a *factory*: a function from a [`Seed`] to two machines that can talk to each other,
//! with the commands already given that make the conversation worth having. [`StreamContract`] then
//! has that conversation hundreds of times, each time with another way to cut, delay, damage or end
//! what one side says, and checks the seven rules in each.
//!
//! ```
//! # use std::{convert::Infallible, num::NonZeroUsize, time::Instant};
//! # use bytes::BytesMut;
//! # use sinew_sans_io::{Deadline, Machine, StreamMachine};
//! use sinew_testkit::StreamContract;
//!
//! # struct Greeting { greeted: bool, heard: bool }
//! # impl Greeting { fn new() -> Self { Self { greeted: false, heard: false } } }
//! # #[derive(Debug, PartialEq)]
//! # struct Cut;
//! # impl std::fmt::Display for Cut {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("cut") }
//! # }
//! # impl std::error::Error for Cut {}
//! # impl Machine for Greeting {
//! #     type Event = ();
//! #     type Error = Cut;
//! #     fn poll_event(&mut self) -> Option<()> { None }
//! #     fn poll_timeout(&self) -> Option<Deadline> { None }
//! #     fn handle_timeout(&mut self, _now: Instant) -> Result<(), Cut> { Ok(()) }
//! # }
//! # impl StreamMachine for Greeting {
//! #     const LOOKAHEAD: usize = 1;
//! #     fn handle_input(&mut self, _now: Instant, input: &mut BytesMut) -> Result<(), Cut> {
//! #         if !self.heard && input.len() >= 2 {
//! #             let _ = input.split_to(2);
//! #             self.heard = true;
//! #         }
//! #         Ok(())
//! #     }
//! #     fn handle_eof(&mut self, _now: Instant) -> Result<(), Cut> {
//! #         if std::mem::replace(&mut self.heard, true) { Ok(()) } else { Err(Cut) }
//! #     }
//! #     fn poll_transmit(&mut self, _now: Instant, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
//! #         if std::mem::replace(&mut self.greeted, true) { return None; }
//! #         out.extend_from_slice(b"hi");
//! #         NonZeroUsize::new(2)
//! #     }
//! # }
//! StreamContract::new(|_seed| (Greeting::new(), Greeting::new())).check();
//! ```
//!
//! Randomness comes from [`Seed`]s: [`each_seed`] runs a test with many of them, prints the one that
//! failed, and `SEED=… cargo test NAME` runs that one again. Time is virtual and starts at [`epoch`].
//!
//! What a peer can make us hold is measured with a [`Heap`], in a binary that allocates with the
//! [`CountingAllocator`].
//!
//! # Limits and non-goals
//!
//! It knows nothing of what a protocol means: a machine that passes keeps the contract, and may still
//! be wrong. The types of `rand` are part of this API.
mod conversation;
mod epoch;
mod heap;
mod pipe;
mod scenario;
mod seed;
mod side;
mod stream_contract;

pub use conversation::{Conversation, DrainRule};
pub use epoch::epoch;
pub use heap::{CountingAllocator, Heap};
pub use pipe::{Chunks, Fault, Pipe};
pub use seed::{Seed, each_seed};
pub use side::Side;
pub use stream_contract::StreamContract;
