//! When pings go out, what their answers tell, and when there is none.

use super::*;
use sinew_testkit::epoch;

const SECOND: Duration = Duration::from_secs(1);

fn pinger() -> Pinger {
    Pinger::new(epoch(), Some(30 * SECOND), 20 * SECOND)
}

fn due(pinger: &Pinger) -> Option<Duration> {
    let deadline = pinger.deadline()?;
    Some(deadline.at.saturating_duration_since(epoch()))
}

#[test]
fn silence_is_broken_by_a_ping_and_then_ends_the_connection() {
    let mut pinger = pinger();
    assert_eq!(due(&pinger), Some(30 * SECOND));
    assert!(!pinger.handle_timeout(epoch() + 29 * SECOND));
    assert_eq!(pinger.send(epoch() + 29 * SECOND), None);

    assert!(!pinger.handle_timeout(epoch() + 31 * SECOND));
    assert_eq!(due(&pinger), Some(51 * SECOND), "counted before it is sent");
    assert_eq!(pinger.send(epoch() + 40 * SECOND), Some(0));
    assert_eq!(due(&pinger), Some(51 * SECOND));

    assert!(!pinger.handle_timeout(epoch() + 50 * SECOND));
    assert!(pinger.handle_timeout(epoch() + 51 * SECOND));
}

#[test]
fn anything_that_is_heard_puts_the_timers_off() {
    let mut pinger = pinger();
    pinger.on_heard(epoch() + 10 * SECOND);
    assert_eq!(due(&pinger), Some(40 * SECOND));

    pinger.want();
    assert_eq!(pinger.send(epoch() + 11 * SECOND), Some(0));
    assert_eq!(due(&pinger), Some(31 * SECOND));
    pinger.on_heard(epoch() + 25 * SECOND);
    assert_eq!(due(&pinger), Some(45 * SECOND));
}

#[test]
fn without_keep_alive_an_idle_connection_has_no_timer() {
    let mut pinger = Pinger::new(epoch(), None, SECOND);
    assert_eq!(pinger.deadline(), None);

    pinger.want();
    pinger.send(epoch());
    assert_eq!(due(&pinger), Some(SECOND));
    assert!(pinger.on_pong(epoch(), 0));
    assert_eq!(pinger.deadline(), None);
}

#[test]
fn only_the_answer_to_the_ping_under_way_counts() {
    let mut pinger = pinger();
    assert!(!pinger.on_pong(epoch(), 0));
    pinger.want();
    assert!(!pinger.on_pong(epoch(), 0));

    assert_eq!(pinger.send(epoch()), Some(0));
    assert_eq!(pinger.send(epoch()), None, "one at a time");
    assert!(!pinger.on_pong(epoch(), 1));
    assert!(pinger.on_pong(epoch() + SECOND, 0));
    assert!(!pinger.on_pong(epoch() + SECOND, 0));

    pinger.want();
    assert_eq!(pinger.send(epoch()), Some(1));
}

#[test]
fn answers_are_smoothed_and_the_smallest_is_remembered_for_a_while() {
    let mut pinger = pinger();
    let mut now = epoch();
    let mut measure = |after: u32, rtt: u32| {
        now += SECOND * after;
        pinger.want();
        let value = pinger.send(now).unwrap();
        now += SECOND * rtt;
        assert!(pinger.on_pong(now, value));
        (pinger.rtt().unwrap(), pinger.min_rtt().unwrap())
    };

    assert_eq!(measure(0, 8), (8 * SECOND, 8 * SECOND));
    assert_eq!(measure(0, 16), (9 * SECOND, 8 * SECOND));
    assert_eq!(measure(0, 1), (8 * SECOND, SECOND));
    assert_eq!(measure(301, 8), (8 * SECOND, 8 * SECOND));
}

#[test]
fn the_round_trip_is_measured_when_the_last_time_is_long_ago() {
    let mut pinger = pinger();
    pinger.want_rtt(epoch(), None);
    assert_eq!(pinger.send(epoch()), Some(0));
    assert!(pinger.on_pong(epoch() + SECOND, 0));

    pinger.want_rtt(epoch() + 10 * SECOND, None);
    pinger.want_rtt(epoch() + SECOND, Some(epoch()));
    assert!(!pinger.is_wanted());
    pinger.want_rtt(epoch() + 11 * SECOND, None);
    assert_eq!(pinger.send(epoch()), Some(1));
    assert!(pinger.on_pong(epoch() + 11 * SECOND, 1));
    pinger.want_rtt(epoch() + 12 * SECOND, Some(epoch() + 11 * SECOND));
    assert!(pinger.is_wanted(), "not measured since");
}

#[test]
fn values_go_on_after_the_last_one() {
    let mut pinger = pinger();
    pinger.next_value = u32::MAX;

    for value in [u32::MAX, 0] {
        pinger.want();
        assert_eq!(pinger.send(epoch()), Some(value));
        assert!(pinger.on_pong(epoch(), value));
    }
}

#[test]
fn an_answer_is_owed_from_when_a_ping_was_wanted_until_anything_is_heard() {
    let mut pinger = pinger();
    assert_eq!(pinger.unanswered_since(), None);
    pinger.want();
    assert_eq!(pinger.unanswered_since(), None, "nothing was asked yet");

    pinger.send(epoch() + SECOND);
    assert_eq!(pinger.unanswered_since(), Some(epoch() + SECOND));
    pinger.on_heard(epoch() + 2 * SECOND);
    assert_eq!(pinger.unanswered_since(), None, "it is alive");
}
