//! What is remembered, and for how long.

use sinew_testkit::epoch;

use super::*;

const MS: Duration = Duration::from_millis(1);

#[test]
fn keeps_the_smallest_round_trip_for_half_a_minute_at_least() {
    let start = epoch();
    let mut min = MinRtt::default();

    min.on_sample(start, 40 * MS);
    min.on_sample(start + HALF / 2, 90 * MS);
    min.on_sample(start + HALF, 80 * MS);

    assert_eq!(min.get(), 40 * MS);
}

#[test]
fn forgets_a_round_trip_that_was_not_seen_for_a_minute() {
    let start = epoch();
    let mut min = MinRtt::default();

    min.on_sample(start, 40 * MS);
    min.on_sample(start + HALF, 90 * MS);
    min.on_sample(start + 2 * HALF, 80 * MS);

    assert_eq!(min.get(), 80 * MS);
}

#[test]
fn forgets_all_in_a_long_silence() {
    let start = epoch();
    let mut min = MinRtt::default();

    min.on_sample(start, 40 * MS);
    min.on_sample(start + 3 * HALF, 90 * MS);

    assert_eq!(min.get(), 90 * MS);
}
