//! Decides about inbound attempts: pure, so that every case can be tested.

use crate::{Limit, LimitExceeded, Limits, crowd::Presence};

/// What is in use when somebody knocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occupancy {
    /// Inbound connections, handshakes included.
    pub(crate) inbound: u32,
    /// Outbound connections, attempts included.
    pub(crate) outbound: u32,
    /// Inbound handshakes in progress.
    pub(crate) pending_inbound: u32,
    /// What of it comes from the same place.
    pub(crate) presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept,
    /// The address must be proven first.
    Retry,
    Refuse(LimitExceeded),
}

/// Decides about one attempt, whose address was proven if `is_validated`.
pub(crate) fn decide(limits: &Limits, occupancy: Occupancy, is_validated: bool) -> Verdict {
    let all = occupancy.inbound.saturating_add(occupancy.outbound);
    let checks = [
        (Limit::PendingInbound, occupancy.pending_inbound),
        (Limit::InboundConnections, occupancy.inbound),
        (Limit::Connections, all),
    ];
    let exceeded = check_origin(limits, &occupancy.presence).and_then(|()| {
        let mut checks = checks.iter();
        checks.try_for_each(|(limit, current)| limits.check(*limit, *current))
    });
    if let Err(exceeded) = exceeded {
        return Verdict::Refuse(exceeded);
    }
    let is_busy = occupancy.pending_inbound >= limits.retry_from_pending_inbound;
    if !is_validated && (is_busy || is_half_full(limits, &occupancy.presence)) {
        return Verdict::Retry;
    }
    Verdict::Accept
}

/// Checks that one more may come from where an attempt comes from.
pub(crate) fn check_origin(limits: &Limits, presence: &Presence) -> Result<(), LimitExceeded> {
    let mut checks = by_origin(presence).into_iter();
    checks.try_for_each(|(limit, current)| limits.check(limit, current))
}

/// Whether what is left is for those alone who have proven their address. Otherwise one who sends in the name of
/// others could shut them out.
fn is_half_full(limits: &Limits, presence: &Presence) -> bool {
    let mut counts = by_origin(presence).into_iter();
    counts.any(|(limit, current)| current >= limits.maximum(limit).div_ceil(2))
}

fn by_origin(presence: &Presence) -> [(Limit, u32); 5] {
    [
        (Limit::InboundPerAddress, presence.from_address),
        (Limit::InboundPerPrefix, presence.from_prefix),
        (Limit::PendingInboundPerPrefix, presence.pending_from_prefix),
        (Limit::InboundRatePerAddress, presence.tried_from_address),
        (Limit::InboundRatePerPrefix, presence.tried_from_prefix),
    ]
}

#[cfg(test)]
mod tests;
