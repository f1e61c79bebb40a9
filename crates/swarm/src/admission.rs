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
    for (limit, current) in checks {
        if let Err(exceeded) = limits.check(limit, current) {
            return Verdict::Refuse(exceeded);
        }
    }
    if !is_validated && occupancy.pending_inbound >= limits.retry_from_pending_inbound {
        return Verdict::Retry;
    }
    Verdict::Accept
}

#[cfg(test)]
mod tests;
