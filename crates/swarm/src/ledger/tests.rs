//! Who is counted where, and how often who is not let in is answered.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Ledger, Slot};
use crate::{Limit, Limits, Rate, admission::Verdict, origin::Origin};

fn ledger(change: impl FnOnce(&mut Limits)) -> Arc<Ledger> {
    let mut limits = Limits::default();
    change(&mut limits);
    Ledger::new(limits)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A connection from `from` whose handshake is complete.
fn connected(ledger: &Arc<Ledger>, from: &str) -> (Slot, Slot) {
    let (verdict, slot) = ledger.admit(ip(from), true, Instant::now());
    assert_eq!(verdict, Verdict::Accept);
    (
        ledger.established_inbound(Origin::of(ip(from))),
        slot.unwrap(),
    )
}

fn is_full(ledger: &Arc<Ledger>, at: &str) -> bool {
    ledger.allows(ip(at), Instant::now()).is_err()
}

#[test]
fn one_who_moves_leaves_room_behind_and_takes_it_where_it_goes() {
    let ledger = ledger(|limits| limits.max_inbound_per_address = 1);
    let (here, there, away) = ("192.0.2.1", "198.51.100.1", "203.0.113.1");
    let connection = connected(&ledger, here);
    let from = Origin::of(ip(here));
    let now = Instant::now();
    assert!(is_full(&ledger, here));

    let moved = ledger.move_inbound(from, Origin::of(ip(there)), None, now);
    assert!(!is_full(&ledger, here));
    assert!(is_full(&ledger, there));

    let moved = ledger.move_inbound(from, Origin::of(ip(away)), moved.ok(), now);
    assert!(!is_full(&ledger, there));
    assert!(is_full(&ledger, away));
    assert_eq!(ledger.usage().inbound_addresses, 1);
    assert_eq!(ledger.usage().pending_inbound, 0);

    drop(moved);
    drop(connection);
    assert_eq!(ledger.usage(), super::Usage::default());
    assert!(!is_full(&ledger, away));
}

#[test]
fn one_who_moves_to_where_there_is_no_room_is_told_where() {
    let ledger = ledger(|limits| limits.max_inbound_per_prefix = 1);
    let connections = [
        connected(&ledger, "192.0.2.1"),
        connected(&ledger, "203.0.113.1"),
    ];
    let from = Origin::of(ip("192.0.2.1"));
    let to = Origin::of(ip("203.0.113.99"));

    let refused = ledger.move_inbound(from, to, None, Instant::now());

    let refused = refused.unwrap_err();
    assert_eq!(refused.limit, Limit::InboundPerPrefix);
    assert_eq!(
        refused.to_string(),
        "limit max_inbound_per_prefix of this host is reached for 203.0.113.0/24: 1 of 1 in use; \
         `Limits::max_inbound_per_prefix` raises it"
    );
    // It counts where it was until it is closed.
    assert!(is_full(&ledger, "192.0.2.2"));
    drop(connections);
    assert_eq!(ledger.usage(), super::Usage::default());
}

#[test]
fn one_who_moves_within_its_prefix_takes_no_more_of_it() {
    let ledger = ledger(|limits| limits.max_inbound_per_prefix = 1);
    let connection = connected(&ledger, "192.0.2.1");
    let from = Origin::of(ip("192.0.2.1"));
    let moved = ledger.move_inbound(from, Origin::of(ip("192.0.2.2")), None, Instant::now());
    assert!(moved.is_ok());
    assert!(is_full(&ledger, "192.0.2.3"));
    drop((moved, connection));
    assert_eq!(ledger.usage(), super::Usage::default());
}

#[test]
fn a_flood_that_is_not_let_in_is_answered_as_often_as_the_rate_allows() {
    let ledger = ledger(|limits| {
        limits.max_inbound_per_address = 1;
        limits.answer_rate_per_address = Rate::new(5, 60);
    });
    let (now, there) = (Instant::now(), "192.0.2.1");
    let _connection = connected(&ledger, there);
    let knock = |now| ledger.admit(ip(there), false, now).0;

    let verdicts: Vec<_> = (0..1000).map(|_| knock(now)).collect();

    let is_answered = |it: &&Verdict| matches!(it, Verdict::Refuse(_));
    assert_eq!(verdicts.iter().filter(is_answered).count(), 5);
    let last = verdicts.last().unwrap();
    let Verdict::Ignore(exceeded) = last else {
        panic!("{last:?}");
    };
    assert_eq!(exceeded.limit, Limit::AnswerRatePerAddress);
    assert_eq!(exceeded.block, Origin::of(ip(there)).address);
    let later = now + Duration::from_secs(1);
    assert!(matches!(knock(later), Verdict::Refuse(_)));
    assert!(matches!(knock(later), Verdict::Ignore(_)));
}
