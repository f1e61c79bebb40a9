//! Decides about inbound attempts: pure, so that every case can be tested.

use crate::{Limit, LimitExceeded, Limits};

/// What is in use when somebody knocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occupancy {
    /// Inbound connections, handshakes included.
    pub(crate) inbound: u32,
    /// Outbound connections, attempts included.
    pub(crate) outbound: u32,
    /// Inbound handshakes in progress.
    pub(crate) pending_inbound: u32,
    /// Inbound connections from the same address, handshakes included.
    pub(crate) from_address: u32,
    /// Inbound connections from the same prefix, handshakes included.
    pub(crate) from_prefix: u32,
    /// Inbound handshakes in progress from the same prefix.
    pub(crate) pending_from_prefix: u32,
    /// Attempts from the same address that were not earned back.
    pub(crate) tried_from_address: u32,
    /// Attempts from the same prefix that were not earned back.
    pub(crate) tried_from_prefix: u32,
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
    let exceeded = check_origin(limits, &occupancy).and_then(|()| {
        let mut checks = checks.iter();
        checks.try_for_each(|(limit, current)| limits.check(*limit, *current))
    });
    if let Err(exceeded) = exceeded {
        return Verdict::Refuse(exceeded);
    }
    let is_busy = occupancy.pending_inbound >= limits.retry_from_pending_inbound;
    if !is_validated && (is_busy || is_half_full(limits, &occupancy)) {
        return Verdict::Retry;
    }
    Verdict::Accept
}

/// Checks that one more may come from where an attempt comes from.
pub(crate) fn check_origin(limits: &Limits, occupancy: &Occupancy) -> Result<(), LimitExceeded> {
    let mut checks = by_origin(occupancy).into_iter();
    checks.try_for_each(|(limit, current)| limits.check(limit, current))
}

/// Whether what is left is for those alone who have proven their address. Otherwise one who sends in the name of
/// others could shut them out.
fn is_half_full(limits: &Limits, occupancy: &Occupancy) -> bool {
    let mut counts = by_origin(occupancy).into_iter();
    counts.any(|(limit, current)| current >= limits.maximum(limit).div_ceil(2))
}

fn by_origin(occupancy: &Occupancy) -> [(Limit, u32); 5] {
    [
        (Limit::InboundPerAddress, occupancy.from_address),
        (Limit::InboundPerPrefix, occupancy.from_prefix),
        (
            Limit::PendingInboundPerPrefix,
            occupancy.pending_from_prefix,
        ),
        (Limit::InboundRatePerAddress, occupancy.tried_from_address),
        (Limit::InboundRatePerPrefix, occupancy.tried_from_prefix),
    ]
}

#[cfg(test)]
mod tests;
