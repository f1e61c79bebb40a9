//! When a shard waits for others.

use super::*;

#[test]
fn waits_as_long_as_it_gathers_something() {
    let mut patience = Patience::default();

    for _ in 0..100 {
        assert!(patience.waits());
        patience.learn(true);
    }
}

#[test]
fn tries_again_from_time_to_time_when_there_was_nobody() {
    let mut patience = Patience::default();
    assert!(patience.waits());
    patience.learn(false);

    for _ in 0..SKIPS {
        assert!(!patience.waits());
    }
    assert!(patience.waits());
}
