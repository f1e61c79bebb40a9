//! In which order the addresses of a peer are dialed, and when: pure, no clock and no socket.

use std::{collections::BTreeSet, time::Duration};

use sinew_multiaddr::Address;

/// An address and when to dial it, counted from the start of the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedDial {
    /// Where.
    pub(crate) address: Address,
    /// How long after the start. The plan's user goes on earlier when nothing is in progress.
    pub(crate) delay: Duration,
}

/// Plans the dials of one peer: the addresses in the order given, without duplicates and at most
/// `max_addresses` of them, one each `stagger`.
pub(crate) fn plan(
    addresses: impl IntoIterator<Item = Address>,
    stagger: Duration,
    max_addresses: usize,
) -> Vec<PlannedDial> {
    let mut seen = BTreeSet::new();
    addresses
        .into_iter()
        .filter(|address| seen.insert(address.clone().without_peer()))
        .take(max_addresses)
        .zip(0_u32..)
        .map(|(address, index)| PlannedDial {
            address,
            delay: stagger.saturating_mul(index),
        })
        .collect()
}

#[cfg(test)]
mod tests;
