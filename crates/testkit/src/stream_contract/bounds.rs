//! Rule 5: nothing that the peer says makes a machine grow.

use std::fmt;

use sinew_sans_io::{Role, StreamMachine};

use super::{BOTH, Outcome, StreamContract};
use crate::{Seed, Side, epoch, scenario::Scenario};

impl<F, A, B> StreamContract<F>
where
    F: Fn(Seed) -> (A, B),
    A: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
    B: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
{
    /// Tells each side what its peer said, and then the end of that again and again, and takes no output
    /// until it has failed, is blocked or has heard enough.
    pub(super) fn check_queues(&self, seed: Seed, reference: &Outcome<A, B>) {
        for role in BOTH {
            let heard = match role {
                Role::Dialer => &reference.listener.sent,
                Role::Listener => &reference.dialer.sent,
            };
            for from in (0..heard.len()).step_by(1 + heard.len() / TAILS) {
                let (before, again) = heard.split_at(from);
                let _trying = Scenario::new(format!(
                    "what the {role} hears, from {from} on again and again, undrained"
                ));
                let (dialer, listener) = (self.make)(seed);
                match role {
                    Role::Dialer => self.flood(dialer, before, again),
                    Role::Listener => self.flood(listener, before, again),
                }
            }
        }
    }

    fn flood<M>(&self, machine: M, before: &[u8], again: &[u8])
    where
        M: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
    {
        let now = epoch();
        let mut side = Side::new(machine);
        side.deliver(now, before);
        let batch = again.repeat(1 + BATCH_LEN / again.len().max(1));
        let mut fed = 0;
        while fed < FLOOD_LEN && side.error.is_none() && side.inbox.len() <= M::LOOKAHEAD {
            side.deliver(now, &batch);
            fed += batch.len();
        }
        let queued = side.drain(now).len();
        assert!(
            queued <= self.max_queued_bytes,
            "{queued} bytes of output were queued for {fed} of input"
        );
        let events = side.events.len();
        assert!(
            events <= self.max_queued_events,
            "{events} events were queued for {fed} bytes of input"
        );
    }
}

/// How many tails of what was heard are repeated, about.
const TAILS: usize = 64;

/// How much is presented at once, at least, in bytes.
const BATCH_LEN: usize = 4 * 1024;

/// How much is presented in all to a machine that accepts everything, in bytes.
const FLOOD_LEN: usize = 512 * 1024;
