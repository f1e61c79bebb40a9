//! Medians and how they are printed.

use super::*;

#[test]
fn takes_the_middle_of_an_odd_number() {
    let spread = Spread::of_values(vec![3.0, 1.0, 2.0]);

    assert_eq!(
        spread,
        Spread {
            median: 2.0,
            min: 1.0,
            max: 3.0
        }
    );
}

#[test]
fn takes_the_mean_of_the_two_middles() {
    assert_eq!(Spread::of_values(vec![4.0, 1.0, 2.0, 3.0]).median, 2.5);
}

#[test]
fn prints_three_digits() {
    assert_eq!(figure(1234.5), "1234");
    assert_eq!(figure(12.34), "12.3");
    assert_eq!(figure(1.234), "1.23");
}
