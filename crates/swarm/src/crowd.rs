//! Who is here, by where they came from.

use std::{collections::BTreeMap, time::Instant};

use crate::{
    Limits,
    meter::Meter,
    origin::{Block, Origin},
};

/// Inbound connections by address and prefix, and how often each has tried of late.
///
/// The maps have no more entries than there are inbound connections, and the meters have a bound of their own.
#[derive(Debug)]
pub(crate) struct Crowd {
    addresses: BTreeMap<Block, Count>,
    prefixes: BTreeMap<Block, Count>,
    tries_by_address: Meter,
    tries_by_prefix: Meter,
    answers_by_address: Meter,
    answers_by_prefix: Meter,
}

/// Connections from one block.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// All, handshakes included.
    all: u32,
    /// Those whose handshake is complete.
    established: u32,
}

/// What is in use at one origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Presence {
    /// Connections from the address.
    pub(crate) from_address: u32,
    /// Connections from the prefix.
    pub(crate) from_prefix: u32,
    /// Handshakes in progress from the prefix.
    pub(crate) pending_from_prefix: u32,
    /// Attempts from the address that were not earned back.
    pub(crate) tried_from_address: u32,
    /// Attempts from the prefix that were not earned back.
    pub(crate) tried_from_prefix: u32,
    /// Refusals of attempts from the address that were not earned back.
    pub(crate) answered_to_address: u32,
    /// Refusals of attempts from the prefix that were not earned back.
    pub(crate) answered_to_prefix: u32,
}

impl Crowd {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            addresses: BTreeMap::new(),
            prefixes: BTreeMap::new(),
            tries_by_address: Meter::new(limits.inbound_rate_per_address),
            tries_by_prefix: Meter::new(limits.inbound_rate_per_prefix),
            answers_by_address: Meter::new(limits.answer_rate_per_address),
            answers_by_prefix: Meter::new(limits.answer_rate_per_prefix),
        }
    }

    /// Returns what is in use at `origin`.
    pub(crate) fn presence(&self, origin: &Origin, now: Instant) -> Presence {
        let count = |map: &BTreeMap<Block, Count>, block: Option<Block>| {
            let count = block.and_then(|block| map.get(&block).copied());
            count.unwrap_or_default()
        };
        let used = |meter: &Meter, block: Option<Block>| {
            let used = block.map(|block| meter.used(now, &block));
            used.unwrap_or(0)
        };
        let prefix = count(&self.prefixes, origin.prefix);
        Presence {
            from_address: count(&self.addresses, origin.address).all,
            from_prefix: prefix.all,
            pending_from_prefix: prefix.all.saturating_sub(prefix.established),
            tried_from_address: used(&self.tries_by_address, origin.address),
            tried_from_prefix: used(&self.tries_by_prefix, origin.prefix),
            answered_to_address: used(&self.answers_by_address, origin.address),
            answered_to_prefix: used(&self.answers_by_prefix, origin.prefix),
        }
    }

    /// Counts one more connection from `origin`, whose handshake begins.
    pub(crate) fn enter(&mut self, origin: &Origin, now: Instant) {
        self.change(origin, |count| count.all = count.all.saturating_add(1));
        take(&mut self.tries_by_address, origin.address, now);
        take(&mut self.tries_by_prefix, origin.prefix, now);
    }

    /// Notes that an attempt from `origin` was refused.
    pub(crate) fn answer(&mut self, origin: &Origin, now: Instant) {
        take(&mut self.answers_by_address, origin.address, now);
        take(&mut self.answers_by_prefix, origin.prefix, now);
    }

    /// Counts one connection less; what it tried stays.
    pub(crate) fn leave(&mut self, origin: &Origin) {
        self.change(origin, |count| count.all = count.all.saturating_sub(1));
    }

    /// Counts one handshake as complete.
    pub(crate) fn settle(&mut self, origin: &Origin) {
        self.change(origin, |count| {
            count.established = count.established.saturating_add(1);
        });
    }

    /// Counts one connection less among those whose handshake is complete, which goes before it
    /// [leaves](Self::leave).
    pub(crate) fn unsettle(&mut self, origin: &Origin) {
        self.change(origin, |count| {
            count.established = count.established.saturating_sub(1);
        });
    }

    /// Counts one established connection more, which has moved to `origin`.
    pub(crate) fn arrive(&mut self, origin: &Origin) {
        self.change(origin, |count| count.all = count.all.saturating_add(1));
        self.settle(origin);
    }

    /// Counts one established connection less, which has moved away from `origin`.
    pub(crate) fn depart(&mut self, origin: &Origin) {
        self.unsettle(origin);
        self.leave(origin);
    }

    /// Returns how many addresses are counted.
    pub(crate) fn addresses(&self) -> u32 {
        u32::try_from(self.addresses.len()).unwrap_or(u32::MAX)
    }

    fn change(&mut self, origin: &Origin, change: impl Fn(&mut Count)) {
        let places = [
            (&mut self.addresses, origin.address),
            (&mut self.prefixes, origin.prefix),
        ];
        for (counts, block) in places {
            let Some(block) = block else { continue };
            let count = counts.entry(block).or_default();
            change(count);
            if (count.all, count.established) == (0, 0) {
                counts.remove(&block);
            }
        }
    }
}

fn take(meter: &mut Meter, block: Option<Block>, now: Instant) {
    if let Some(block) = block {
        meter.take(now, block);
    }
}
