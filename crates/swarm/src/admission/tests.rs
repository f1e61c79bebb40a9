//! Each rung of the ladder.

use super::{Occupancy, Verdict, check_move, decide};
use crate::{Block, Limit, LimitExceeded, Limits, Rate, crowd::Presence, origin::Origin};

fn limits() -> Limits {
    Limits {
        max_connections: 10,
        max_buffered_bytes: 10 << 20,
        max_inbound_connections: 6,
        max_pending_inbound: 4,
        retry_from_pending_inbound: 2,
        max_inbound_per_address: 3,
        max_inbound_per_prefix: 5,
        max_pending_inbound_per_prefix: 2,
        inbound_rate_per_address: Rate::new(4, 1),
        inbound_rate_per_prefix: Rate::new(6, 1),
        answer_rate_per_address: Rate::new(7, 1),
        answer_rate_per_prefix: Rate::new(9, 1),
        ..Limits::default()
    }
}

fn refused(limit: Limit, current: u64, maximum: u64) -> Verdict {
    Verdict::Refuse(LimitExceeded {
        limit,
        current,
        maximum,
        block: None,
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
        ..Occupancy::default()
    };

    assert_eq!(decide(&limits(), busy, false), Verdict::Retry);
    assert_eq!(decide(&limits(), busy, true), Verdict::Accept);
}

#[test]
fn says_nothing_to_one_who_has_had_all_its_refusals_and_lets_it_in_where_there_is_room() {
    let refused = |inbound, to_address, to_prefix| Occupancy {
        inbound,
        pending_inbound: 2,
        presence: Presence {
            answered_to_address: to_address,
            answered_to_prefix: to_prefix,
            ..Presence::default()
        },
        ..Occupancy::default()
    };
    let ignored = |limit, current| {
        Verdict::Ignore(LimitExceeded {
            limit,
            current,
            maximum: current,
            block: None,
        })
    };

    for is_validated in [false, true] {
        let verdict = |occupancy| decide(&limits(), occupancy, is_validated);
        assert!(matches!(verdict(refused(6, 6, 8)), Verdict::Refuse(_)));
        assert_eq!(
            verdict(refused(6, 7, 7)),
            ignored(Limit::AnswerRatePerAddress, 7)
        );
        assert_eq!(
            verdict(refused(6, 6, 9)),
            ignored(Limit::AnswerRatePerPrefix, 9)
        );
    }
    assert_eq!(decide(&limits(), refused(2, 7, 9), true), Verdict::Accept);
    // What was refused may have come in the name of others, who can prove that they are there.
    assert_eq!(decide(&limits(), refused(2, 7, 9), false), Verdict::Retry);
}

#[test]
fn refuses_beyond_the_handshakes_that_may_be_in_progress() {
    let full = Occupancy {
        inbound: 4,
        pending_inbound: 4,
        ..Occupancy::default()
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
        ..Occupancy::default()
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

fn origin() -> Origin {
    Origin::of("203.0.113.7".parse().unwrap())
}

/// What a limit counts by.
fn block_of(limit: Limit) -> Option<Block> {
    let by_address = [Limit::InboundPerAddress, Limit::InboundRatePerAddress];
    if by_address.contains(&limit) {
        origin().address
    } else {
        origin().prefix
    }
}

#[test]
fn refuses_who_would_have_nothing_set_aside_for_it() {
    // Half of it is for three connections of 512 KiB.
    let limits = Limits {
        max_buffered_bytes: 3 << 20,
        ..Limits::default()
    };
    let occupancy = |connections| Occupancy {
        inbound: connections,
        buffered: 1 << 20,
        ..Occupancy::default()
    };

    assert_eq!(decide(&limits, occupancy(2), true), Verdict::Accept);
    let full = refused(Limit::BufferedBytes, (3 << 19) + (1 << 20), 3 << 20);
    assert_eq!(decide(&limits, occupancy(3), true), full);
}

#[test]
fn one_who_moves_is_held_to_how_many_there_are_and_not_to_how_many_come() {
    for (limit, occupancy) in crowds(7) {
        let moving = check_move(&limits(), &occupancy.origin, &occupancy.presence);
        let counts = [Limit::InboundPerAddress, Limit::InboundPerPrefix];
        assert_eq!(moving.is_err(), counts.contains(&limit), "{limit}");
    }
}

/// What is in use where an attempt comes from, limit by limit.
fn crowds(used: u32) -> [(Limit, Occupancy); 5] {
    let nobody = Presence::default();
    let presences = [
        (
            Limit::InboundPerAddress,
            Presence {
                from_address: used,
                ..nobody
            },
        ),
        (
            Limit::InboundPerPrefix,
            Presence {
                from_prefix: used,
                ..nobody
            },
        ),
        (
            Limit::PendingInboundPerPrefix,
            Presence {
                pending_from_prefix: used,
                ..nobody
            },
        ),
        (
            Limit::InboundRatePerAddress,
            Presence {
                tried_from_address: used,
                ..nobody
            },
        ),
        (
            Limit::InboundRatePerPrefix,
            Presence {
                tried_from_prefix: used,
                ..nobody
            },
        ),
    ];
    presences.map(|(limit, presence)| {
        let occupancy = Occupancy {
            origin: origin(),
            presence,
            ..Occupancy::default()
        };
        (limit, occupancy)
    })
}

#[test]
fn refuses_who_comes_from_a_place_that_has_had_its_share() {
    let maximum = |limit| limits().maximum(limit);
    for (used, is_validated) in (0..8).flat_map(|used| [(used, true), (used, false)]) {
        for (limit, occupancy) in crowds(used) {
            let verdict = decide(&limits(), occupancy, is_validated);

            if u64::from(used) >= maximum(limit) {
                let expected = LimitExceeded {
                    limit,
                    current: used.into(),
                    maximum: maximum(limit),
                    block: block_of(limit),
                };
                assert_eq!(verdict, Verdict::Refuse(expected));
            } else if is_validated {
                assert_eq!(verdict, Verdict::Accept, "{limit} {used}");
            }
        }
    }
}

#[test]
fn asks_who_comes_from_a_place_that_has_had_half_its_share_for_a_proof() {
    for used in 0..8 {
        for (limit, occupancy) in crowds(used) {
            let maximum = limits().maximum(limit);
            let expected = match used {
                _ if u64::from(used) >= maximum => continue,
                _ if u64::from(used) >= maximum.div_ceil(2) => Verdict::Retry,
                _ => Verdict::Accept,
            };

            assert_eq!(
                decide(&limits(), occupancy, false),
                expected,
                "{limit} {used}"
            );
        }
    }
}
