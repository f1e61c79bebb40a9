//! When a silent connection is pinged.

use super::*;

const IDLE: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_secs(10);

#[test]
#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
fn pings_a_third_into_the_silence_and_not_before() {
    let start = Instant::now();
    let mut timer = KeepAlive::new(IDLE);

    assert!(!timer.on_due(start, 1), "the first look starts the count");
    assert_eq!(timer.due(), Some(start + INTERVAL));
    assert!(timer.on_due(start + INTERVAL, 1));
    assert_eq!(timer.due(), Some(start + 2 * INTERVAL));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
fn waits_a_third_from_the_last_that_was_heard() {
    let start = Instant::now();
    let heard = start + Duration::from_secs(7);
    let mut timer = KeepAlive::new(IDLE);
    timer.on_due(start, 1);
    timer.on_datagram(heard);

    assert!(!timer.on_due(start + INTERVAL, 2));
    assert_eq!(timer.due(), Some(heard + INTERVAL));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
fn is_not_kept_from_pinging_by_forged_datagrams() {
    let start = Instant::now();
    let mut timer = KeepAlive::new(IDLE);
    timer.on_due(start, 1);
    timer.on_datagram(start + Duration::from_secs(9));

    assert!(timer.on_due(start + INTERVAL, 1));
}
