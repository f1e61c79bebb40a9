//! Each rung of the ladder.

use super::{Occupancy, Verdict, decide};
use crate::{Limit, LimitExceeded, Limits};

fn limits() -> Limits {
    Limits {
        max_connections: 10,
        max_inbound_connections: 6,
        max_pending_inbound: 4,
        retry_from_pending_inbound: 2,
        ..Limits::default()
    }
}

fn refused(limit: Limit, current: u32, maximum: u32) -> Verdict {
    Verdict::Refuse(LimitExceeded {
        limit,
        current,
        maximum,
    })
}

#[test]
fn accepts_while_there_is_room() {
    let verdict = decide(&limits(), Occupancy::default(), false);

    assert_eq!(verdict, Verdict::Accept);
}

#[test]
fn asks_for_a_proof_of_address_under_load_and_only_once() {
    let busy = Occupancy {
        inbound: 2,
        pending_inbound: 2,
        outbound: 0,
    };

    assert_eq!(decide(&limits(), busy, false), Verdict::Retry);
    assert_eq!(decide(&limits(), busy, true), Verdict::Accept);
}

#[test]
fn refuses_beyond_the_handshakes_that_may_be_in_progress() {
    let full = Occupancy {
        inbound: 4,
        pending_inbound: 4,
        outbound: 0,
    };

    assert_eq!(
        decide(&limits(), full, true),
        refused(Limit::PendingInbound, 4, 4)
    );
}

#[test]
fn refuses_beyond_the_inbound_connections_and_beyond_all() {
    let inbound = Occupancy {
        inbound: 6,
        ..Occupancy::default()
    };
    let all = Occupancy {
        inbound: 1,
        outbound: 9,
        pending_inbound: 0,
    };

    assert_eq!(
        decide(&limits(), inbound, true),
        refused(Limit::InboundConnections, 6, 6)
    );
    assert_eq!(
        decide(&limits(), all, true),
        refused(Limit::Connections, 10, 10)
    );
}
