//! Tests of which worlds are run.

use clap::Parser as _;

use super::*;

#[test]
fn a_seed_alone_is_one_world_and_no_seed_is_two_hundred() {
    assert_eq!(seeds(&["--seed", "7"]), [7]);
    assert_eq!(seeds(&[]), (0..200).collect::<Vec<_>>());
}

#[test]
fn a_seed_with_a_number_is_the_first_of_so_many() {
    assert_eq!(seeds(&["--seed", "7", "--seeds", "3"]), [7, 8, 9]);
    assert_eq!(seeds(&["--seeds", "2"]), [0, 1]);
}

#[test]
fn the_last_seed_is_a_world_too_and_the_first_follows() {
    let last = u64::MAX.to_string();

    assert_eq!(seeds(&["--seed", &last]), [u64::MAX]);
    assert_eq!(seeds(&["--seed", &last, "--seeds", "2"]), [u64::MAX, 0]);
}

#[test]
fn no_worlds_at_all_are_refused() {
    assert!(Arguments::try_parse_from(["sim", "--seeds", "0"]).is_err());
}

fn seeds(words: &[&str]) -> Vec<u64> {
    let arguments = Arguments::parse_from(["sim"].iter().chain(words));
    let seeds = Seeds::of(arguments.seed, arguments.seeds);
    let all = (0..).map_while(|index| seeds.get(index));
    all.map(Seed::value).collect()
}
