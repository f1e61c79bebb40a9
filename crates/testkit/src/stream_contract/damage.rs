//! Rule 6, and no panic: streams that end early, bytes that are not what was sent, and noise.

use std::fmt;

use rand::{Rng, RngExt, rngs::StdRng};
use sinew_sans_io::{Role, StreamMachine};

use super::{BOTH, Outcome, StreamContract};
use crate::{Chunks, Conversation, Fault, Seed, Side, scenario::Scenario};

impl<F, A, B> StreamContract<F>
where
    F: Fn(Seed) -> (A, B),
    A: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
    B: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
{
    /// Ends each direction at each byte.
    pub(super) fn check_truncation(&self, seed: Seed, reference: &Outcome<A, B>) {
        for role in BOTH {
            for at in self.offsets(reference.len_from(role), seed.child("truncation")) {
                let _trying = Scenario::new(format!("what the {role} says, ended at {at}"));
                let conversation = self.run_damaged(seed, role, Fault::EndAt(at), Chunks::Whole);
                let has_failed = match role.opposite() {
                    Role::Dialer => conversation.dialer.error.is_some(),
                    Role::Listener => conversation.listener.error.is_some(),
                };
                assert!(
                    has_failed || self.may_end_anywhere,
                    "the {} took an early end for a good one",
                    role.opposite()
                );
            }
        }
    }

    /// Changes, adds and removes a byte at each offset; twice, so that the damage is seen to be judged
    /// alike however it is cut.
    pub(super) fn check_damage(&self, seed: Seed, reference: &Outcome<A, B>) {
        for role in BOTH {
            let mut rng = seed.child("damage").rng();
            for at in self.offsets(reference.len_from(role), seed.child("damaged")) {
                for fault in faults(&mut rng, at) {
                    let _trying = Scenario::new(format!("what the {role} says, with {fault:?}"));
                    let whole = self.run_damaged(seed, role, fault, Chunks::Whole);
                    let bytewise = self.run_damaged(seed, role, fault, Chunks::UpTo(1));
                    let whole = Outcome::of(whole);
                    Outcome::of(bytewise).assert_same(&whole, self.has_fixed_framing);
                }
            }
        }
    }

    /// Feeds each side bytes that nobody would send.
    pub(super) fn check_noise(&self, seed: Seed) {
        let mut rng = seed.child("noise").rng();
        for len in [1, 2, 3, 8, 64, 512, 4096] {
            let mut noise = vec![0; len];
            rng.fill_bytes(&mut noise);
            for noise in [noise, vec![0; len], vec![0x80; len], vec![0xff; len]] {
                let _trying = Scenario::new(format!("noise: {}", noise.escape_ascii()));
                let mut conversation = self.start(seed);
                let now = conversation.now;
                listen_to(&mut conversation.dialer, &noise, now);
                listen_to(&mut conversation.listener, &noise, now);
                finish(&mut conversation);
            }
        }
    }

    /// Ends both directions when all is said, twice.
    pub(super) fn check_end(&self, seed: Seed) {
        let _trying = Scenario::new("the end of input, twice");
        let mut conversation = self.start(seed);
        conversation.run();
        conversation.end();
        let dialer = (
            conversation.dialer.sent.len(),
            conversation.dialer.events.len(),
        );
        let listener = (
            conversation.listener.sent.len(),
            conversation.listener.events.len(),
        );

        conversation.end();

        let Conversation {
            dialer: d,
            listener: l,
            ..
        } = &conversation;
        assert_eq!(
            (d.sent.len(), d.events.len()),
            dialer,
            "the dialer ended twice"
        );
        assert_eq!(
            (l.sent.len(), l.events.len()),
            listener,
            "the listener ended twice"
        );
        finish(&mut conversation);
    }

    fn run_damaged(
        &self,
        seed: Seed,
        role: Role,
        fault: Fault,
        chunks: Chunks,
    ) -> Conversation<A, B> {
        let mut conversation = self.start(seed);
        let pipe = conversation.pipe_from(role);
        *pipe = std::mem::take(pipe).with_fault(fault).with_chunks(chunks);
        conversation.run();
        finish(&mut conversation);
        conversation
    }
}

/// What is tried at each offset.
fn faults(rng: &mut StdRng, at: usize) -> [Fault; 5] {
    [
        Fault::Flip {
            at,
            mask: 1 << rng.random_range(0..8),
        },
        Fault::Flip {
            at,
            mask: rng.random_range(1..=u8::MAX),
        },
        Fault::Flip { at, mask: 0x80 },
        Fault::Insert {
            at,
            byte: rng.random(),
        },
        Fault::Remove(at),
    ]
}

fn listen_to<M>(side: &mut Side<M>, noise: &[u8], now: std::time::Instant)
where
    M: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
{
    side.deliver(now, noise);
    side.drain(now);
    side.end(now);
    side.drain(now);
}

/// Checks that the end is one, for a side that has met it.
fn finish<A, B>(conversation: &mut Conversation<A, B>)
where
    A: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
    B: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
{
    let now = conversation.now;
    if conversation.dialer.error.is_some() {
        conversation.dialer.check_that_nothing_follows(now);
    }
    if conversation.listener.error.is_some() {
        conversation.listener.check_that_nothing_follows(now);
    }
}
