//! Where bad luck ends.

use super::*;

fn rate(arrived: f64, lost: f64) -> LossRate {
    let mut rate = LossRate::default();
    rate.on_arrived(arrived);
    rate.on_lost(lost);
    rate
}

#[test]
fn two_of_a_hundred_are_chance_however_many_are_sent() {
    for thousands in 1..100 {
        let packets = 1000.0 * f64::from(thousands);

        assert!(!rate(packets * 0.98, packets * 0.02).is_excessive());
    }
}

#[test]
fn four_of_a_hundred_are_not_chance_in_a_thousand() {
    assert!(rate(960.0, 40.0).is_excessive());
}

#[test]
fn a_single_loss_is_chance_in_the_smallest_window() {
    assert!(!rate(1.0, 1.0).is_excessive());
}

#[test]
fn most_of_a_first_window_is_not_chance() {
    assert!(rate(5.0, 5.0).is_excessive());
}

#[test]
fn what_was_long_ago_does_not_hide_a_burst() {
    let mut rate = rate(1_000_000.0, 0.0);
    for _ in 0..20 {
        rate.on_round();
    }

    rate.on_lost(50.0);

    assert!(rate.is_excessive());
}
