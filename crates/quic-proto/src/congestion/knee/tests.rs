//! Losses that depend on what is sent, and losses that do not.

use super::*;

const WINDOW: f64 = 1_000_000.0;
const LESS: f64 = WINDOW * 0.7;

#[test]
fn is_not_refuted_while_few_are_lost_of_less() {
    let mut knee = Knee::new(WINDOW);

    for _ in 0..1000 {
        knee.on_arrived(200.0, LESS);
        knee.on_lost(1.0, LESS);

        assert!(!knee.is_refuted());
    }
}

#[test]
fn is_refuted_when_as_many_are_lost_of_less() {
    let mut knee = Knee::new(WINDOW);

    knee.on_arrived(REFUTING / TOLERATED, LESS);
    knee.on_lost(REFUTING, LESS);

    assert!(knee.is_refuted());
}

#[test]
fn a_few_losses_refute_nothing() {
    let mut knee = Knee::new(WINDOW);

    knee.on_lost(REFUTING - 1.0, LESS);

    assert!(!knee.is_refuted());
}

#[test]
fn losses_near_it_do_not_count_against_it() {
    let mut knee = Knee::new(WINDOW);

    knee.on_lost(100.0 * REFUTING, WINDOW * 0.9);

    assert!(!knee.is_refuted());
}

#[test]
fn moves_to_where_the_window_was_cut_again_and_not_to_cuts_far_below() {
    let mut knee = Knee::new(WINDOW);

    knee.on_cut(WINDOW / 2.0);
    let far_below = knee.window;
    knee.on_cut(WINDOW * 0.9);

    assert_eq!(far_below, WINDOW);
    assert_eq!(knee.window, WINDOW * 0.9);
}
