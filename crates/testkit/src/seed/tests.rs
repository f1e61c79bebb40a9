//! How seeds relate.

use std::collections::BTreeSet;

use super::*;

#[test]
fn the_same_path_leads_to_the_same_seed() {
    let seed = Seed::new(7).child("dialer").nth(3);

    assert_eq!(seed, Seed::new(7).child("dialer").nth(3));
    assert_eq!(seed.bytes(), seed.bytes());
}

#[test]
fn different_paths_lead_to_different_seeds() {
    let labels = ["", "a", "b", "ab", "ba", "dialer", "listener"];

    let mut all = BTreeSet::new();
    for seed in (0..100).map(Seed::new) {
        all.extend(labels.map(|label| seed.child(label).value()));
        all.extend((0..100).map(|index| seed.nth(index).value()));
    }

    assert_eq!(all.len(), 100 * (labels.len() + 100));
}

#[test]
fn a_seed_reads_what_it_prints() {
    let seed = Seed::new(u64::MAX);

    assert_eq!(seed.to_string().parse(), Ok(seed));
    assert_eq!("0xff".parse(), Ok(Seed::new(255)));
    assert!("seven".parse::<Seed>().is_err());
}
