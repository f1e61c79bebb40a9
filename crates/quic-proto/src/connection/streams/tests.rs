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
