//! When a silent connection is pinged.

use sinew_testkit::epoch;

use super::*;

const IDLE: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_secs(10);

#[test]
fn pings_a_third_into_the_silence_and_not_before() {
    let mut timer = KeepAlive::new(epoch(), IDLE, 1);

    assert_eq!(timer.due(), Some(epoch() + INTERVAL));
    assert!(timer.on_due(epoch() + INTERVAL, 1));
    assert_eq!(timer.due(), Some(epoch() + 2 * INTERVAL));
}

#[test]
fn waits_a_third_from_the_last_that_was_heard() {
    let heard = epoch() + Duration::from_secs(7);
    let mut timer = KeepAlive::new(epoch(), IDLE, 1);
    timer.on_datagram(heard);

    assert!(!timer.on_due(epoch() + INTERVAL, 2));
    assert_eq!(timer.due(), Some(heard + INTERVAL));
}

#[test]
fn is_not_kept_from_pinging_by_forged_datagrams() {
    let mut timer = KeepAlive::new(epoch(), IDLE, 1);
    timer.on_datagram(epoch() + Duration::from_secs(9));

    assert!(timer.on_due(epoch() + INTERVAL, 1));
}
