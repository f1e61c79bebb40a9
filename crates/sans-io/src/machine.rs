//! The traits: what all machines have, and the two ways to be fed.

use std::{error, num::NonZeroUsize, time::Instant};

use bytes::BytesMut;

use crate::{Datagram, Deadline, Transmit};

/// A protocol state machine: no socket, no clock, no task, no lock.
///
/// The [crate page](crate) has the rules that each method keeps.
pub trait Machine {
    /// A fact for the layer above, in the past tense, with owned data and no payload.
    type Event;
    /// Why the machine ended. Each error is the last thing that happens.
    type Error: error::Error;

    /// Takes the oldest event that was not taken yet.
    #[must_use = "an event that is dropped is lost"]
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// Returns when [`handle_timeout`](Self::handle_timeout) is due next, if no call comes before.
    ///
    /// Stays the same until the next `handle_*` or command.
    #[must_use]
    fn poll_timeout(&self) -> Option<Deadline>;

    /// Runs every timer that is due at `now`.
    ///
    /// Calls that come early, late, twice or unasked are harmless. After a call, no deadline at or
    /// before `now` is left.
    ///
    /// # Errors
    ///
    /// The time ran out for something that the protocol cannot do without. The machine has ended.
    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error>;
}

/// A [`Machine`] fed by an ordered, reliable byte stream.
pub trait StreamMachine: Machine {
    /// The most bytes that the machine leaves unused while it waits for more.
    ///
    /// When more than this is left, the machine is blocked until its output is drained, or it has
    /// ended and the bytes belong to whoever comes next: either way a driver stops reading.
    const LOOKAHEAD: usize;

    /// Takes what it can use from the front of `input` and leaves the rest there.
    ///
    /// The caller presents the rest again with more behind it. The buffer is owned storage so that
    /// ciphertext can be opened in place and payload split off without a copy. The machine changes
    /// no byte that it leaves, and neither does the caller.
    ///
    /// # Errors
    ///
    /// The peer broke the protocol or has nothing to say to us. The machine has ended; what is left
    /// in `input` is unspecified.
    fn handle_input(&mut self, now: Instant, input: &mut BytesMut) -> Result<(), Self::Error>;

    /// Says that the peer will send no more bytes than those already presented.
    ///
    /// # Errors
    ///
    /// The end came in the middle of something. The machine has ended.
    fn handle_eof(&mut self, now: Instant) -> Result<(), Self::Error>;

    /// Appends one chunk of output to `out` and returns its length, or leaves `out` as it is.
    #[must_use = "bytes were appended to `out`"]
    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<NonZeroUsize>;
}

/// A [`Machine`] fed by datagrams, which may be lost, reordered, repeated or forged.
pub trait DatagramMachine: Machine {
    /// Handles one datagram; what the protocol ignores is not an error.
    ///
    /// # Errors
    ///
    /// The machine has ended. A datagram that anybody could have forged is never a reason.
    fn handle_input(&mut self, now: Instant, datagram: Datagram) -> Result<(), Self::Error>;

    /// Appends up to `max_segments` datagrams for one destination to `out` and says where they go,
    /// or leaves `out` as it is.
    #[must_use = "bytes were appended to `out`"]
    fn poll_transmit(
        &mut self,
        now: Instant,
        max_segments: NonZeroUsize,
        out: &mut Vec<u8>,
    ) -> Option<Transmit>;
}
