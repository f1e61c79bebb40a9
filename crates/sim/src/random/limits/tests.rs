//! Tests of the counting.

use sinew_simnet::World;
use sinew_testkit::Seed;

use super::*;

#[test]
fn streams_are_counted_by_host_connection_and_direction_until_they_are_let_go() {
    let census = Census::default();
    let (one, other) = (ConnectionId(1), ConnectionId(2));
    let count = |host, connection, direction| census.enter(host, connection, direction);

    let (first, _) = count(0, one, Direction::Inbound);
    let (second, both) = count(0, one, Direction::Inbound);
    assert_eq!(both, 2);
    assert_eq!(count(0, one, Direction::Outbound).1, 1);
    assert_eq!(count(0, other, Direction::Inbound).1, 1);
    assert_eq!(count(1, one, Direction::Inbound).1, 1);

    drop((first, second));
    assert_eq!(count(0, one, Direction::Inbound).1, 1);
    assert!(census.lock().is_empty());
}

#[test]
fn one_too_many_is_a_violation_and_as_many_as_allowed_are_none() {
    let book = Book::new(true, World::new(Seed::new(1)).progress());

    compare(3, &[("rooms", 2, 2), ("doors", 3, 2)], &book);

    let reports = book.close().1;
    let what = "3 of 2 doors".to_owned();
    let violation = Violation::OverLimit { host: 3, what };
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].violation, violation);
}
