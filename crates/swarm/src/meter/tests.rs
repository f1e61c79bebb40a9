//! What is used, earned back and forgotten.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use super::{MAX_BUCKETS, Meter};
use crate::{
    Rate,
    origin::{Block, Origin},
};

fn block(number: u32) -> Block {
    let ip = Ipv4Addr::from_bits(0x0b00_0000 + number);
    Origin::of(ip.into()).address.unwrap()
}

fn meter() -> Meter {
    Meter::new(Rate {
        burst: 4,
        per_minute: 60,
    })
}

#[test]
fn what_is_used_comes_back_at_the_rate() {
    let (mut meter, start) = (meter(), Instant::now());
    for _ in 0..4 {
        meter.take(start, block(1));
    }

    let used_after =
        |tenths: u64| meter.used(start + Duration::from_millis(100 * tenths), &block(1));

    assert_eq!(used_after(0), 4);
    assert_eq!(used_after(9), 4);
    assert_eq!(used_after(10), 3);
    assert_eq!(used_after(25), 2);
    assert_eq!(used_after(40), 0);
    assert_eq!(used_after(1_000_000), 0);
}

#[test]
fn each_block_has_its_own() {
    let (mut meter, start) = (meter(), Instant::now());

    meter.take(start, block(1));

    assert_eq!(meter.used(start, &block(1)), 1);
    assert_eq!(meter.used(start, &block(2)), 0);
}

#[test]
fn no_more_is_saved_up_than_a_burst() {
    let (mut meter, start) = (meter(), Instant::now());
    meter.take(start, block(1));
    let later = start + Duration::from_secs(3600);

    meter.take(later, block(1));

    assert_eq!(meter.used(later, &block(1)), 1);
}

#[test]
fn a_bucket_that_is_full_again_is_forgotten() {
    let (mut meter, start) = (meter(), Instant::now());
    for number in 0..100 {
        meter.take(start, block(number));
    }

    meter.take(start + Duration::from_secs(1), block(500));

    assert_eq!(meter.full_at.len(), 1);
    assert_eq!(meter.order.len(), 1);
}

#[test]
fn a_flood_of_addresses_takes_bounded_memory_and_hides_nobody_who_tries_often() {
    let (mut meter, start) = (meter(), Instant::now());
    for _ in 0..3 {
        meter.take(start, block(0));
    }

    for number in 1..100_000 {
        meter.take(start, block(number));
    }

    assert_eq!(meter.full_at.len(), MAX_BUCKETS);
    assert_eq!(meter.order.len(), MAX_BUCKETS);
    assert_eq!(meter.used(start, &block(0)), 3);
}

#[test]
fn a_rate_of_nothing_and_one_without_bounds_do_no_harm() {
    for per_minute in [0, u32::MAX] {
        let rate = Rate {
            burst: u32::MAX,
            per_minute,
        };
        let (mut meter, start) = (Meter::new(rate), Instant::now());

        for _ in 0..1000 {
            meter.take(start, block(1));
        }

        assert_eq!(meter.used(start, &block(1)), 1000);
    }
}
