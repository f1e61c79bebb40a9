//! Tests of how many streams the peer may open.

use super::*;

#[test]
fn the_limit_grows_when_three_quarters_of_it_are_used_and_not_beyond_the_largest() {
    let mut streams = Streams::new(16, 100);

    assert_eq!(streams.raise_limit(11), None);
    assert_eq!(streams.raise_limit(12), Some(64));
    assert_eq!(streams.raise_limit(48), Some(100));
    assert_eq!(streams.raise_limit(100), None);
}

#[test]
fn a_peer_that_says_it_is_blocked_gets_more_once_each_time() {
    let mut streams = Streams::new(16, 100);

    assert_eq!(streams.on_blocked(0), None);
    assert_eq!(streams.on_blocked(1), Some(64));
    assert_eq!(streams.on_blocked(1), None);
    assert_eq!(streams.on_blocked(3), Some(100));
    assert_eq!(streams.on_blocked(4), None);
}

#[test]
fn a_stream_is_taken_for_held_up_when_twice_something_came_and_nothing_could_be_read() {
    let mut streams = Streams::new(16, 100);
    let id = StreamId::from(quinn_proto::StreamId::new(
        quinn_proto::Side::Client,
        Dir::Bi,
        0,
    ));
    streams.hold(id);
    assert_eq!(streams.on_read(id, 0), None, "nothing came");
    assert!(streams.on_readable(id));
    assert_eq!(streams.on_read(id, 10), None);

    // Of what was read already, and then of more.
    assert!(streams.on_readable(id));
    assert_eq!(streams.on_read(id, 0), None);
    assert!(streams.on_readable(id));
    assert_eq!(streams.on_read(id, 7), None);

    assert!(streams.on_readable(id));
    assert_eq!(streams.on_read(id, 0), None);
    assert_eq!(streams.on_read(id, 0), None, "nothing came since");
    assert!(streams.on_readable(id));
    assert_eq!(streams.on_read(id, 0), Some(17));
}
