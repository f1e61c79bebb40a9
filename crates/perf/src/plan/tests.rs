//! Tests of how a run is divided among its streams.

use std::time::Duration;

use super::Amount;

#[test]
fn the_shares_of_all_streams_are_the_whole_and_hardly_differ() {
    for (bytes, streams) in [(0, 1), (1, 4), (7, 3), (64 << 20, 64), (u64::MAX, 7)] {
        let shares = (0..streams).map(|index| match Amount::Bytes(bytes).share(index, streams) {
            Amount::Bytes(share) => share,
            Amount::For(_) => panic!("a size is divided into sizes"),
        });
        let shares: Vec<u64> = shares.collect();

        assert_eq!(shares.iter().sum::<u64>(), bytes);
        assert!(shares[0] - shares[streams - 1] <= 1, "{shares:?}");
    }
}

#[test]
fn a_time_is_the_same_for_every_stream() {
    let time = Amount::For(Duration::from_secs(3));

    assert_eq!(time.share(5, 8), time);
}
