//! A machine with its buffers, and with the rules that can be checked at each single call.

use std::{fmt, time::Duration, time::Instant};

use bytes::BytesMut;
use sinew_sans_io::{Deadline, StreamMachine};

/// A machine, its unread input, and everything that it has said.
///
/// Every call goes through here and is checked: what is left of the input is unchanged, polls that say
/// `None` mean it, no deadline is left behind by a timeout, and nothing happens after an error.
#[derive(Debug)]
pub struct Side<M: StreamMachine> {
    /// The machine under test, for commands.
    pub machine: M,
    /// Delivered and not used.
    pub inbox: BytesMut,
    /// Events in the order in which they came out.
    pub events: Vec<M::Event>,
    /// Why the machine ended, if it failed.
    pub error: Option<M::Error>,
    /// All bytes that came out.
    pub sent: Vec<u8>,
    /// The most bytes that were left unused by a machine that was drained and asked again.
    pub(crate) most_left: usize,
}

impl<M> Side<M>
where
    M: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
{
    /// Starts with a machine that has read and said nothing.
    pub fn new(machine: M) -> Self {
        Self {
            machine,
            inbox: BytesMut::new(),
            events: Vec::new(),
            error: None,
            sent: Vec::new(),
            most_left: 0,
        }
    }

    /// Presents what was left of the input with `bytes` behind it.
    ///
    /// # Panics
    ///
    /// Panics when the machine breaks the contract, like all methods here.
    pub fn deliver(&mut self, now: Instant, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        let before = self.inbox.clone();
        let result = self.machine.handle_input(now, &mut self.inbox);
        let was_over = self.error.is_some();
        self.on_result("handle_input", result);
        if was_over {
            assert_eq!(self.inbox, before, "input was used after the error");
        } else if self.error.is_none() {
            assert!(
                before.ends_with(&self.inbox),
                "bytes were left that are not the end of the input"
            );
        }
    }

    /// Says that nothing more will be delivered.
    pub fn end(&mut self, now: Instant) {
        let result = self.machine.handle_eof(now);
        self.on_result("handle_eof", result);
    }

    /// Runs the timers that are due, if any is.
    pub fn expire(&mut self, now: Instant) {
        let result = self.machine.handle_timeout(now);
        self.on_result("handle_timeout", result);
        if let Some(deadline) = self.machine.poll_timeout() {
            assert!(
                deadline.at > now,
                "{deadline:?} was left behind by handle_timeout"
            );
        }
    }

    /// Takes all output, asks for more twice, and returns the bytes that came out.
    pub fn drain(&mut self, now: Instant) -> &[u8] {
        let start = self.sent.len();
        while self.poll_transmit(now) {
            let drained = self.sent.len() - start;
            assert!(drained < ENDLESS, "the output has no end");
        }
        while let Some(event) = self.machine.poll_event() {
            self.events.push(event);
            assert!(self.events.len() < ENDLESS, "the events have no end");
        }
        assert!(!self.poll_transmit(now), "there was output behind `None`");
        let event = self.machine.poll_event();
        assert!(event.is_none(), "there was {event:?} behind `None`");
        let deadline = self.deadline();
        assert_eq!(deadline, self.deadline(), "the deadline moved by itself");
        assert!(
            self.error.is_none() || deadline.is_none(),
            "{deadline:?} was set after the error"
        );
        self.sent.get(start..).unwrap_or_default()
    }

    /// Returns when the machine wants to be called again.
    pub fn deadline(&self) -> Option<Deadline> {
        self.machine.poll_timeout()
    }

    /// Checks that a machine that has failed and was drained does nothing, whatever it is given.
    pub fn check_that_nothing_follows(&mut self, now: Instant) {
        assert!(self.error.is_some(), "the machine has not failed");
        let events = self.events.len();
        for input in [&b""[..], b"\0", b"more input after the error"] {
            let later = now + Duration::from_secs(3600);
            self.deliver(later, input);
            self.expire(later);
            self.end(later);
            assert!(
                self.drain(later).is_empty(),
                "bytes came out after the error"
            );
        }
        assert_eq!(self.events.len(), events, "events came out after the error");
    }

    fn on_result(&mut self, call: &str, result: Result<(), M::Error>) {
        if let Err(error) = result {
            assert!(
                self.error.is_none(),
                "{call} failed with {error:?} after {:?} had ended the machine",
                self.error
            );
            self.error = Some(error);
        }
    }

    /// Takes one chunk and checks that the machine told the truth about it.
    fn poll_transmit(&mut self, now: Instant) -> bool {
        let before = self.sent.len();
        let last = self.sent.last().copied();
        let said = self.machine.poll_transmit(now, &mut self.sent);
        let appended = self.sent.len().checked_sub(before);
        assert_eq!(
            appended,
            Some(said.map_or(0, usize::from)),
            "poll_transmit did not append what it said"
        );
        let kept = before.checked_sub(1).and_then(|at| self.sent.get(at));
        assert_eq!(
            kept,
            last.as_ref(),
            "poll_transmit changed bytes in front of its own"
        );
        said.is_some()
    }
}

/// More than any test conversation has of anything, in bytes and in events.
const ENDLESS: usize = 64 << 20;
