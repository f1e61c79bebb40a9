//! Decides about inbound attempts: pure, so that every case can be tested.

use crate::{Block, Limit, LimitExceeded, Limits, crowd::Presence, origin::Origin};

/// What is in use when somebody knocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occupancy {
    /// Inbound connections, handshakes included.
    pub(crate) inbound: u32,
    /// Outbound connections, attempts included.
    pub(crate) outbound: u32,
    /// Inbound handshakes in progress.
    pub(crate) pending_inbound: u32,
    /// What connections hold beyond what is set aside for them, in bytes.
    pub(crate) buffered: u64,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// What of it comes from the same place.
    pub(crate) presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept,
    /// The address must be proven first.
    Retry,
    Refuse(LimitExceeded),
    /// It was refused too often already.
    Ignore(LimitExceeded),
}

/// Decides about one attempt, whose address was proven if `is_validated`.
pub(crate) fn decide(limits: &Limits, occupancy: Occupancy, is_validated: bool) -> Verdict {
    let verdict = decide_with_patience(limits, occupancy, is_validated);
    // A request for proof is not counted: it is smaller than what asks for it and leaves nothing behind, and one
    // who sends in the name of others could use up their answers.
    if !matches!(verdict, Verdict::Refuse(_)) {
        return verdict;
    }
    let [of_address, of_prefix] = answers(&occupancy.origin, &occupancy.presence);
    match of_address
        .check(limits)
        .and_then(|()| of_prefix.check(limits))
    {
        Ok(()) => verdict,
        Err(exceeded) => Verdict::Ignore(exceeded),
    }
}

/// Decides, however often one was refused.
fn decide_with_patience(limits: &Limits, occupancy: Occupancy, is_validated: bool) -> Verdict {
    let all = occupancy.inbound.saturating_add(occupancy.outbound);
    let checks = [
        (Limit::PendingInbound, occupancy.pending_inbound),
        (Limit::InboundConnections, occupancy.inbound),
        (Limit::Connections, all),
    ];
    let allowed = check_origin(limits, &occupancy.origin, &occupancy.presence)
        .and_then(|()| {
            let mut checks = checks.iter();
            checks.try_for_each(|(limit, current)| limits.check(*limit, *current))
        })
        .and_then(|()| limits.check_room(all, occupancy.buffered));
    if let Err(exceeded) = allowed {
        return Verdict::Refuse(exceeded);
    }
    let is_busy = occupancy.pending_inbound >= limits.retry_from_pending_inbound;
    if !is_validated && (is_busy || is_half_full(limits, &occupancy.presence)) {
        return Verdict::Retry;
    }
    Verdict::Accept
}

/// Checks that one more may come from where an attempt comes from.
pub(crate) fn check_origin(
    limits: &Limits,
    origin: &Origin,
    presence: &Presence,
) -> Result<(), LimitExceeded> {
    let mut checks = by_origin(origin, presence).into_iter();
    checks.try_for_each(|it| it.check(limits))
}

/// Checks that one more connection may move to where `presence` is.
pub(crate) fn check_move(
    limits: &Limits,
    origin: &Origin,
    presence: &Presence,
) -> Result<(), LimitExceeded> {
    let connections = [Limit::InboundPerAddress, Limit::InboundPerPrefix];
    let counts = by_origin(origin, presence).into_iter();
    counts
        .filter(|it| connections.contains(&it.limit))
        .try_for_each(|it| it.check(limits))
}

/// Whether what is left is for those alone who have proven their address. Otherwise one who sends in the name of
/// others could shut them out.
fn is_half_full(limits: &Limits, presence: &Presence) -> bool {
    let mut counts = by_origin(&Origin::default(), presence).into_iter();
    counts.any(|it| u64::from(it.current) >= limits.maximum(it.limit).div_ceil(2))
}

/// What one block has of what a limit bounds.
struct Count {
    limit: Limit,
    current: u32,
    block: Option<Block>,
}

impl Count {
    fn check(&self, limits: &Limits) -> Result<(), LimitExceeded> {
        let block = self.block;
        limits
            .check(self.limit, self.current)
            .map_err(|exceeded| LimitExceeded { block, ..exceeded })
    }
}

fn answers(origin: &Origin, presence: &Presence) -> [Count; 2] {
    [
        Count {
            limit: Limit::AnswerRatePerAddress,
            current: presence.answered_to_address,
            block: origin.address,
        },
        Count {
            limit: Limit::AnswerRatePerPrefix,
            current: presence.answered_to_prefix,
            block: origin.prefix,
        },
    ]
}

fn by_origin(origin: &Origin, presence: &Presence) -> [Count; 5] {
    let Origin { address, prefix } = *origin;
    [
        (Limit::InboundPerAddress, presence.from_address, address),
        (Limit::InboundPerPrefix, presence.from_prefix, prefix),
        (
            Limit::PendingInboundPerPrefix,
            presence.pending_from_prefix,
            prefix,
        ),
        (
            Limit::InboundRatePerAddress,
            presence.tried_from_address,
            address,
        ),
        (
            Limit::InboundRatePerPrefix,
            presence.tried_from_prefix,
            prefix,
        ),
    ]
    .map(|(limit, current, block)| Count {
        limit,
        current,
        block,
    })
}

#[cfg(test)]
mod tests;
