//! Rules 2, 3, 4 and 7: how the input is cut, and when output is taken, shows nowhere.

use std::fmt;

use sinew_sans_io::{Role, StreamMachine};

use super::{BOTH, Outcome, StreamContract};
use crate::{Chunks, DrainRule, Seed, scenario::Scenario};

impl<F, A, B> StreamContract<F>
where
    F: Fn(Seed) -> (A, B),
    A: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
    B: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
{
    /// Cuts each direction at each byte, then both into pieces.
    pub(super) fn check_splits(&self, seed: Seed, reference: &Outcome<A, B>) {
        for role in BOTH {
            for at in self.offsets(reference.len_from(role), seed.child("splits")) {
                let _trying = Scenario::new(format!("what the {role} says, cut at {at}"));
                self.check_cut(
                    seed,
                    reference,
                    &[role],
                    Chunks::CutAt(at),
                    DrainRule::AfterEach,
                );
            }
        }
        for len in [1, 2, 3, 5, 16, 61] {
            let _trying = Scenario::new(format!("everything, in pieces of {len}"));
            self.check_cut(
                seed,
                reference,
                &BOTH,
                Chunks::UpTo(len),
                DrainRule::AfterEach,
            );
        }
        for index in 0..16 {
            let _trying = Scenario::new(format!("everything, in random pieces, no. {index}"));
            let chunks = Chunks::Random(seed.child("pieces").nth(index));
            self.check_cut(seed, reference, &BOTH, chunks, DrainRule::AfterEach);
        }
    }

    /// Takes output late, and runs timers that are not due.
    pub(super) fn check_drains(&self, seed: Seed, reference: &Outcome<A, B>) {
        for rule in [DrainRule::AfterAll, DrainRule::WithSpuriousTimeouts] {
            for chunks in [Chunks::Whole, Chunks::UpTo(1)] {
                let _trying = Scenario::new(format!("{chunks:?}, drained {rule:?}"));
                self.check_cut(seed, reference, &BOTH, chunks, rule);
            }
        }
    }

    fn check_cut(
        &self,
        seed: Seed,
        reference: &Outcome<A, B>,
        roles: &[Role],
        chunks: Chunks,
        drain: DrainRule,
    ) {
        let mut conversation = self.start(seed);
        conversation.drain = drain;
        for &role in roles {
            let pipe = conversation.pipe_from(role);
            *pipe = std::mem::take(pipe).with_chunks(chunks);
        }
        conversation.run();
        let outcome = Outcome::of(conversation);
        outcome.assert_within_lookahead();
        outcome.assert_same(reference, self.has_fixed_framing);
    }
}
