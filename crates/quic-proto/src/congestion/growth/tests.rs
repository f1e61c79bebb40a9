//! Growth beside that of Cubic and Reno.

use super::*;

fn growth(window: f64, last_max: f64) -> Growth {
    Growth {
        window,
        last_max,
        left: RENO_LEFT,
        rtt: Duration::from_millis(100),
    }
}

const RENO_LEFT: f64 = 0.5;

/// Adds round by round, and returns the seconds that it took to get there.
fn seconds_to(target: f64, mut from: Growth) -> f64 {
    let mut rounds = 0.0;
    while from.window < target {
        from.window += from.without_queue();
        rounds += 1.0;
    }
    rounds * from.seconds()
}

#[test]
fn without_a_queue_it_is_back_when_cubic_is() {
    let last_max = 10_000.0;
    // [RFC 9438 §4.2] K, for a cut to 0.7.
    let cubic = (last_max * (1.0 - CUBIC_LEFT) / CUBIC).cbrt();

    let taken = seconds_to(last_max * 0.999, growth(last_max * CUBIC_LEFT, last_max));

    assert!(
        (0.8..1.1).contains(&(taken / cubic)),
        "{taken} s, {cubic} s"
    );
}

#[test]
fn without_a_queue_it_never_adds_more_than_half_the_window() {
    let growth = growth(1000.0, 1_000_000.0);

    assert_eq!(growth.without_queue(), 500.0);
}

#[test]
fn with_a_queue_it_adds_more_than_reno_and_less_than_cubic() {
    let window = 10_000.0;
    let cubic = CUBIC_LEFT.mul_add(-window, window) / (window * 0.3 / CUBIC).cbrt() * 0.1;

    let added = growth(window, window / 0.7).with_queue();

    assert!(added > 1.0 && added < cubic, "{added}, {cubic}");
}

#[test]
fn with_a_queue_a_small_window_adds_about_as_much_as_renos() {
    let added = growth(20.0, 30.0).with_queue();

    assert!((1.0..2.0).contains(&added), "{added}");
}
