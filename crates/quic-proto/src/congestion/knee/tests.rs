//! Losses that depend on what is sent, and losses that do not.

use sinew_testkit::epoch;

use super::*;

const WINDOW: f64 = 1_000_000.0;
const SHARE: f64 = 0.01;

/// Losses are chance since ten seconds and there were enough of them.
fn due(start: Instant) -> (Knee, Instant) {
    let mut knee = Knee::default();
    knee.on_lost(start, BEFORE_TRIAL, WINDOW, SHARE, true);
    (knee, start + BETWEEN_TRIALS)
}

#[test]
fn the_first_losses_are_chance() {
    let mut knee = Knee::default();

    for lost in 0..100 {
        let now = epoch() + BETWEEN_TRIALS / 100 * lost;

        assert_eq!(knee.on_lost(now, 1.0, WINDOW, SHARE, true), Verdict::Chance);
    }
}

#[test]
fn sends_less_to_see_when_losses_go_on() {
    let (mut knee, now) = due(epoch());

    assert_eq!(knee.on_lost(now, 1.0, WINDOW, SHARE, true), Verdict::Try);
}

#[test]
fn does_not_try_when_hardly_anything_is_lost() {
    let (mut knee, now) = due(epoch());

    let verdict = knee.on_lost(now, 1.0, WINDOW, LEAST_SHARE / 2.0, true);

    assert_eq!(verdict, Verdict::Chance);
}

#[test]
fn goes_back_to_the_window_when_as_much_is_lost_of_less() {
    let (mut knee, now) = due(epoch());
    knee.on_trial(WINDOW, SHARE);
    knee.on_arrived(300.0, WINDOW * TRIAL);

    let verdict = knee.on_lost(now, REFUTING, WINDOW * TRIAL, SHARE, true);

    assert_eq!(verdict, Verdict::Restore(WINDOW));
    assert!(matches!(knee, Knee::Chance { .. }));
}

#[test]
fn knows_that_losses_are_congestion_when_none_come_of_less() {
    let (mut knee, now) = due(epoch());
    knee.on_trial(WINDOW, SHARE);
    knee.on_arrived(CONVINCING / SHARE, WINDOW * TRIAL);

    assert_eq!(
        knee.on_lost(now, 1.0, WINDOW, SHARE, true),
        Verdict::Congestion
    );
    assert_eq!(
        knee.on_lost(now, 1.0, WINDOW * TRIAL, SHARE, true),
        Verdict::Chance
    );
}

#[test]
fn holds_the_window_down_until_the_trial_is_over() {
    let mut knee = Knee::default();
    knee.on_trial(WINDOW, SHARE);

    let during = knee.limit();
    knee.on_arrived(CONVINCING / SHARE, WINDOW * TRIAL);

    assert_eq!(during, WINDOW * BELOW);
    assert_eq!(knee.limit(), f64::INFINITY);
}

#[test]
fn a_mistaken_knee_is_given_up_when_losses_come_below_it() {
    let now = epoch();
    let mut knee = Knee::default();
    knee.on_excess(WINDOW, SHARE);
    knee.on_arrived(100.0 * REFUTING, WINDOW * 0.7);

    let verdict = knee.on_lost(now, REFUTING, WINDOW * 0.7, SHARE, true);

    assert_eq!(verdict, Verdict::Regrow(WINDOW));
    assert!(matches!(knee, Knee::Chance { .. }));
}

#[test]
fn a_trial_whose_window_is_long_gone_restores_nothing() {
    let mut knee = Knee::default();
    knee.on_trial(WINDOW, SHARE);
    knee.on_arrived(300.0, WINDOW / 10.0);

    let verdict = knee.on_lost(epoch(), REFUTING, WINDOW / 10.0, SHARE, true);

    assert_eq!(verdict, Verdict::Chance);
    assert!(matches!(knee, Knee::Chance { .. }));
}

#[test]
fn a_window_is_not_restored_where_much_is_lost_of_little_too() {
    let mut knee = Knee::default();
    knee.on_excess(WINDOW, 0.1);
    knee.on_arrived(10.0 * REFUTING, WINDOW * 0.7);

    let verdict = knee.on_lost(epoch(), REFUTING, WINDOW * 0.7, 0.1, true);

    assert_eq!(verdict, Verdict::Chance);
    assert!(matches!(knee, Knee::Chance { .. }));
}
