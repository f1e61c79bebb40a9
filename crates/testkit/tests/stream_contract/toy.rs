//! A small protocol, with every defect that the suite looks for.
//!
//! The dialer sends two frames (a length from 1 to 32, and as many bytes), the listener sends each of
//! them back. Both give up after ten seconds.

#![allow(
    clippy::indexing_slicing,
    reason = "one of the defects is to trust a length, and nothing here is a peer"
)]

use std::{
    collections::VecDeque,
    error, fmt,
    num::NonZeroUsize,
    sync::atomic::{AtomicU8, Ordering},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use sinew_sans_io::{Deadline, Machine, Role, StreamMachine};
use sinew_testkit::{Seed, epoch};

/// What is wrong with a [`Toy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    None,
    ReportsEachPiece,
    SendsWhatItLikes,
    HidesAnEvent,
    LiesAboutLength,
    OverwritesOutput,
    ChangesWhatItLeaves,
    Hoards,
    TrustsALength,
    IgnoresTheEnd,
    EndsTwice,
    FailsTwice,
    ReadsAfterTheEnd,
    TalksAfterTheEnd,
    KeepsItsTimer,
    LeavesADeadline,
    FiresEarly,
    QueuesForEver,
    NeverFallsSilent,
}

pub(crate) struct Toy {
    defect: Defect,
    role: Role,
    frames_due: usize,
    outbox: Vec<u8>,
    events: VecDeque<Event>,
    deadline: Option<Instant>,
    has_failed: bool,
    polls: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Received(usize),
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    BadLength,
    EarlyEof,
    TimedOut,
}

impl Toy {
    pub(crate) fn dialer(defect: Defect, seed: Seed) -> Self {
        let mut toy = Self::new(Role::Dialer, defect);
        for (frame, len) in [(seed.child("a"), 7), (seed.child("b"), 32)] {
            toy.send(&frame.bytes()[..len]);
        }
        toy
    }

    pub(crate) fn listener(defect: Defect, _seed: Seed) -> Self {
        Self::new(Role::Listener, defect)
    }

    fn new(role: Role, defect: Defect) -> Self {
        Self {
            defect,
            role,
            frames_due: 2,
            outbox: Vec::new(),
            events: VecDeque::new(),
            deadline: Some(epoch() + Duration::from_secs(10)),
            has_failed: false,
            polls: 0,
        }
    }

    fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    fn is_over(&self) -> bool {
        let goes_on = self.is(Defect::QueuesForEver) || self.is(Defect::NeverFallsSilent);
        self.has_failed || self.frames_due == 0 && !goes_on
    }

    fn send(&mut self, payload: &[u8]) {
        self.outbox
            .push(u8::try_from(payload.len()).expect("frames are short"));
        self.outbox.extend_from_slice(payload);
    }

    fn on_frame(&mut self, payload: &[u8]) {
        self.events.push_back(Event::Received(payload.len()));
        self.frames_due = self.frames_due.saturating_sub(1);
        if self.role.is_listener() || self.is(Defect::NeverFallsSilent) {
            self.send(payload);
        }
        if self.is_over() {
            self.deadline = None;
        }
    }

    fn fail(&mut self, error: Error) -> Result<(), Error> {
        if self.is_over() && !self.is(Defect::FailsTwice) {
            return Ok(());
        }
        self.has_failed = true;
        if !self.is(Defect::KeepsItsTimer) {
            self.deadline = None;
        }
        Err(error)
    }
}

impl Machine for Toy {
    type Event = Event;
    type Error = Error;

    fn poll_event(&mut self) -> Option<Event> {
        self.polls += 1;
        if self.is(Defect::HidesAnEvent) && self.polls.is_multiple_of(2) {
            return None;
        }
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Deadline> {
        self.deadline.map(|at| Deadline {
            at,
            reason: "give up",
        })
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        let is_due = self.deadline.is_some_and(|at| at <= now);
        if self.is(Defect::FiresEarly) && now > epoch() && self.deadline.is_some() || is_due {
            if self.is(Defect::LeavesADeadline) {
                return Ok(());
            }
            return self.fail(Error::TimedOut);
        }
        Ok(())
    }
}

impl StreamMachine for Toy {
    const LOOKAHEAD: usize = 32;

    fn handle_input(&mut self, _now: Instant, input: &mut BytesMut) -> Result<(), Error> {
        if self.is(Defect::ReportsEachPiece) && !self.is_over() {
            self.events.push_back(Event::Received(input.len()));
        }
        if self.is(Defect::TalksAfterTheEnd) && self.has_failed {
            self.outbox.push(1);
        }
        if self.is(Defect::ReadsAfterTheEnd) && self.has_failed {
            input.clear();
        }
        while !self.is_over() {
            let Some((&len, rest)) = input.split_first() else {
                break;
            };
            let len = usize::from(len);
            if self.is(Defect::TrustsALength) && rest.len() > 16 {
                let _ = &rest[..len];
            } else if len == 0 || len > 32 {
                return self.fail(Error::BadLength);
            }
            let needed = len + if self.is(Defect::Hoards) { 4 } else { 0 };
            if rest.len() < needed {
                break;
            }
            let frame = input.split_to(1 + len);
            self.on_frame(&frame[1..]);
        }
        if self.is(Defect::ChangesWhatItLeaves) && !input.is_empty() {
            input[0] ^= 1;
        }
        Ok(())
    }

    fn handle_eof(&mut self, _now: Instant) -> Result<(), Error> {
        if self.is(Defect::EndsTwice) && !self.has_failed {
            self.events.push_back(Event::Ended);
        }
        if self.is(Defect::IgnoresTheEnd) {
            return Ok(());
        }
        self.fail(Error::EarlyEof)
    }

    fn poll_transmit(&mut self, _now: Instant, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        let len = NonZeroUsize::new(self.outbox.len())?;
        if self.is(Defect::SendsWhatItLikes) {
            static CHANCE: AtomicU8 = AtomicU8::new(0);
            self.outbox[1] = CHANCE.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(last) = out.last_mut()
            && self.is(Defect::OverwritesOutput)
        {
            *last ^= 1;
        }
        out.append(&mut self.outbox);
        if self.is(Defect::LiesAboutLength) {
            return len.checked_add(1);
        }
        Some(len)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl error::Error for Error {}
