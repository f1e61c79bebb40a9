//! Medians and how they are printed.

use super::*;

#[test]
fn takes_the_middle_of_an_odd_number() {
    let spread = Spread {
        median: 2.0,
        min: 1.0,
        max: 3.0,
    };

    assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(spread));
}

#[test]
fn takes_the_mean_of_the_two_middles() {
    let spread = Spread::of([4.0, 1.0, 2.0, 3.0]);

    assert_eq!(spread.map(|spread| spread.median), Some(2.5));
}

#[test]
fn has_nothing_to_say_about_nothing() {
    assert_eq!(Spread::of([]), None);
    assert_eq!(cell(None), "–");
}

#[test]
fn prints_three_digits_and_parts_thousands() {
    assert_eq!(figure(234_567.5), "234,568");
    assert_eq!(figure(1234.5), "1234");
    assert_eq!(figure(12.34), "12.3");
    assert_eq!(figure(1.234), "1.23");
}
