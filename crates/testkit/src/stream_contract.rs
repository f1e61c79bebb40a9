//! The seven rules, held against two machines that talk to each other.

mod bounds;
mod damage;
mod outcome;
mod splits;
mod timers;

use std::fmt;

use sinew_sans_io::{Role, StreamMachine};

use crate::{Conversation, Seed, each_seed, scenario::Scenario};
use outcome::Outcome;

/// The suite that each [`StreamMachine`] passes, in both roles and in every mode that it has.
///
/// What is checked, in this order, for each seed:
///
/// * the same seed gives the same events and the same bytes;
/// * so does the same conversation cut at every byte, into single bytes, into random pieces, drained late,
///   and with timeouts that nobody asked for;
/// * a direction that ends at any byte gives an error or, where that is allowed, a clean end;
/// * a byte that is changed, missing or too many, anywhere, and plain noise, never panic;
/// * after an error everything is a no-op, and so is a second end of input after a clean one;
/// * no more than the lookahead is left unused, and a machine that nobody drains stays small;
/// * timers fire when they are due, late or not, and each firing moves the deadline.
///
/// Besides, each single call is checked as [`Side`](crate::Side) says.
#[derive(Clone, Debug)]
pub struct StreamContract<F> {
    make: F,
    seeds: u64,
    exhaustive_len: usize,
    samples: usize,
    has_fixed_framing: bool,
    may_end_anywhere: bool,
    max_queued_bytes: usize,
    max_queued_events: usize,
}

impl<F, A, B> StreamContract<F>
where
    F: Fn(Seed) -> (A, B),
    A: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
    B: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
{
    /// Takes a function that makes a dialer and a listener, ready to talk.
    ///
    /// Commands that start the conversation (open, write, finish) are given in `make`. A conversation that
    /// needs commands later wraps its machines in ones that give them.
    pub fn new(make: F) -> Self {
        Self {
            make,
            seeds: 4,
            exhaustive_len: 4096,
            samples: 256,
            has_fixed_framing: true,
            may_end_anywhere: false,
            max_queued_bytes: 64 * 1024,
            max_queued_events: 1024,
        }
    }

    /// Runs the suite with so many seeds instead of 4.
    #[must_use]
    pub fn seeds(self, seeds: u64) -> Self {
        Self { seeds, ..self }
    }

    /// Tries every offset of a direction of at most `len` bytes, and `samples` of a longer one, instead of
    /// 4,096 and 256. For machines whose conversation costs real work.
    #[must_use]
    pub fn exhaustive_up_to(self, len: usize, samples: usize) -> Self {
        Self {
            exhaustive_len: len,
            samples,
            ..self
        }
    }

    /// Accepts other bytes with the same meaning when output is drained at other times, for machines
    /// that frame (or acknowledge) what there is at that moment. Events and errors must still be the same.
    #[must_use]
    pub fn framing_follows_draining(self) -> Self {
        Self {
            has_fixed_framing: false,
            ..self
        }
    }

    /// Accepts that a direction ends anywhere without an error, for protocols that have a way to end a
    /// stream at will or that cannot know.
    #[must_use]
    pub fn may_end_anywhere(self) -> Self {
        Self {
            may_end_anywhere: true,
            ..self
        }
    }

    /// Sets what a machine that nobody drains may queue, instead of 64 KiB and 1,024 events.
    #[must_use]
    pub fn max_queued(self, bytes: usize, events: usize) -> Self {
        Self {
            max_queued_bytes: bytes,
            max_queued_events: events,
            ..self
        }
    }

    /// Runs the suite.
    ///
    /// # Panics
    ///
    /// Panics when a rule is broken, and prints what was tried and the seed.
    pub fn check(&self) {
        each_seed(self.seeds, |seed| self.check_seed(seed));
    }

    fn check_seed(&self, seed: Seed) {
        let reference = self.reference(seed);
        self.check_repetition(seed, &reference);
        self.check_splits(seed, &reference);
        self.check_drains(seed, &reference);
        self.check_truncation(seed, &reference);
        self.check_damage(seed, &reference);
        self.check_noise(seed);
        self.check_end(seed);
        self.check_silence(seed, &reference);
        self.check_queues(seed, &reference);
    }

    /// Has the conversation as it should be.
    fn reference(&self, seed: Seed) -> Outcome<A, B> {
        let _trying = Scenario::new("the plain conversation");
        let mut conversation = self.start(seed);
        conversation.run();
        let outcome = Outcome::of(conversation);
        outcome.assert_within_lookahead();
        assert!(
            outcome.len_from(Role::Dialer) + outcome.len_from(Role::Listener) > 0,
            "nobody said anything: there is nothing to check"
        );
        assert!(
            outcome.dialer.error.is_none() && outcome.listener.error.is_none(),
            "the plain conversation failed: {:?}, {:?}",
            outcome.dialer.error,
            outcome.listener.error
        );
        outcome
    }

    fn check_repetition(&self, seed: Seed, reference: &Outcome<A, B>) {
        let _trying = Scenario::new("the plain conversation once more");
        let mut conversation = self.start(seed);
        conversation.run();
        Outcome::of(conversation).assert_same(reference, true);
    }

    fn start(&self, seed: Seed) -> Conversation<A, B> {
        let (dialer, listener) = (self.make)(seed);
        Conversation::new(dialer, listener)
    }

    /// Returns the offsets to try in a direction of `len` bytes, without `len` itself.
    fn offsets(&self, len: usize, seed: Seed) -> Vec<usize> {
        if len <= self.exhaustive_len {
            return (0..len).collect();
        }
        let mut rng = seed.rng();
        (0..self.samples)
            .map(|_| rand::RngExt::random_range(&mut rng, 0..len))
            .collect()
    }
}

/// The two directions, by who speaks.
const BOTH: [Role; 2] = [Role::Dialer, Role::Listener];
