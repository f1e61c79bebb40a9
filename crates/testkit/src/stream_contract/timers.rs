//! Rule 3: timers, with a peer that says nothing more.

use std::{fmt, time::Duration};

use sinew_sans_io::{Role, StreamMachine};

use super::{BOTH, Outcome, StreamContract};
use crate::{Fault, Seed, Side, epoch, scenario::Scenario};

impl<F, A, B> StreamContract<F>
where
    F: Fn(Seed) -> (A, B),
    A: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
    B: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
{
    /// Silences each side in turn, at some places, and lets the other's timers fire.
    pub(super) fn check_silence(&self, seed: Seed, reference: &Outcome<A, B>) {
        for role in BOTH {
            let len = reference.len_from(role);
            for at in (0..=len).step_by(1 + len / PLACES) {
                for lateness in [Duration::ZERO, Duration::from_secs(3600)] {
                    let _trying = Scenario::new(format!(
                        "the timers of the {}, {lateness:?} late, when the {role} falls silent at {at}",
                        role.opposite()
                    ));
                    let mut conversation = self.start(seed);
                    let pipe = conversation.pipe_from(role);
                    *pipe = std::mem::take(pipe).with_fault(Fault::SilenceAt(at));
                    conversation.run();
                    match role.opposite() {
                        Role::Dialer => fire(&mut conversation.dialer, lateness),
                        Role::Listener => fire(&mut conversation.listener, lateness),
                    }
                }
            }
        }
    }
}

/// Fires timers one after another: first early, then `lateness` late, then once more.
fn fire<M>(side: &mut Side<M>, lateness: Duration)
where
    M: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
{
    let mut now = epoch();
    for _ in 0..MAX_FIRINGS {
        let Some(deadline) = side.deadline() else {
            break;
        };
        let early = now + deadline.at.saturating_duration_since(now) / 2;
        expect_nothing(side, early, "early");
        assert_eq!(
            side.deadline(),
            Some(deadline),
            "an early call moved the deadline"
        );

        now = deadline.at.max(now) + lateness;
        side.expire(now);
        side.drain(now);
        expect_nothing(side, now, "repeated");
    }
    if side.error.is_some() {
        side.check_that_nothing_follows(now);
    }
}

fn expect_nothing<M>(side: &mut Side<M>, now: std::time::Instant, call: &str)
where
    M: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
{
    let (events, had_failed) = (side.events.len(), side.error.is_some());
    side.expire(now);
    let said = side.drain(now).len();
    assert!(
        said == 0 && side.events.len() == events && side.error.is_some() == had_failed,
        "a call of handle_timeout that was {call} had an effect"
    );
}

/// At how many places of a direction its speaker falls silent, about.
const PLACES: usize = 16;

/// A machine that keeps a connection alive has timers for ever.
const MAX_FIRINGS: usize = 64;
