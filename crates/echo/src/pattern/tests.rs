//! Lengths and variety of patterns.

use std::collections::BTreeSet;

use super::*;

#[test]
fn a_pattern_is_as_long_as_it_was_asked_to_be() {
    for len in [0, 1, 65_535, 65_536, 65_537, 1_000_000] {
        let chunks = pattern(len).map(|chunk| chunk.len() as u64);

        assert_eq!(chunks.sum::<u64>(), len);
    }
}

#[test]
fn the_same_pattern_comes_again_and_its_chunks_differ() {
    let chunks = pattern(u64::MAX).take(SHIFTS).collect::<Vec<_>>();

    assert!(pattern(u64::MAX).take(SHIFTS).eq(chunks.iter().cloned()));
    let beginnings = chunks
        .iter()
        .map(|chunk| &chunk[..16])
        .collect::<BTreeSet<_>>();
    assert_eq!(beginnings.len(), SHIFTS);
}
