//! What came in any order is taken in one.

use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use super::*;

#[test]
fn pieces_are_taken_in_order_once_nothing_before_them_is_missing() {
    let mut pieces: Vec<u64> = (1..100).collect();
    pieces.shuffle(&mut StdRng::seed_from_u64(1));
    let mut reassembly = Reassembly::new(0);
    let held: u64 = pieces
        .iter()
        .map(|it| reassembly.insert(1000 * it, &[*it as u8; 1000]))
        .sum();
    assert_eq!(held, 99 * (1000 + PIECE_COST));
    assert_eq!(reassembly.cost(), held);
    assert!(reassembly.take(1000).is_none());

    reassembly.skip(1000);

    let mut freed = 0;
    for it in 1..100 {
        let (bytes, cost) = reassembly.take(10_000).unwrap();
        assert_eq!(bytes, vec![it; 1000]);
        freed += cost;
    }
    assert_eq!(freed, held);
    assert_eq!(reassembly.cost(), 0);
    assert!(reassembly.take(10).is_none());
}

#[test]
fn a_piece_that_is_taken_in_parts_is_paid_for_until_the_last() {
    let mut reassembly = Reassembly::new(5);
    let cost = reassembly.insert(5, b"0123456789");

    assert_eq!(reassembly.take(4), Some((Bytes::from_static(b"0123"), 0)));
    assert_eq!(reassembly.cost(), cost);
    assert_eq!(
        reassembly.take(6),
        Some((Bytes::from_static(b"456789"), cost))
    );
    assert_eq!(reassembly.cost(), 0);
}

#[test]
fn what_comes_next_is_not_beyond_a_gap() {
    let mut reassembly = Reassembly::new(7);

    assert!(!reassembly.is_beyond_gap(7));
    assert!(reassembly.is_beyond_gap(8));
    reassembly.skip(1);
    assert!(!reassembly.is_beyond_gap(8));
}

#[test]
fn there_is_room_for_so_many_pieces_and_so_many_bytes() {
    let mut reassembly = Reassembly::new(0);
    let piece = [0; 100];
    let most = 10 * (100 + PIECE_COST);
    for it in 1..=10 {
        assert!(reassembly.room(most) >= 100 + PIECE_COST);
        reassembly.insert(1000 * it, &piece);
    }
    assert_eq!(reassembly.room(most), 0);
    assert!(reassembly.room(u64::MAX) > 0);

    for it in 11..=4096 {
        assert!(reassembly.room(u64::MAX) > 0);
        reassembly.insert(1000 * it, b"x");
    }
    assert_eq!(reassembly.room(u64::MAX), 0);
}

#[test]
fn small_pieces_that_touch_are_one() {
    let mut reassembly = Reassembly::new(0);
    let mut held = 0;
    for it in 1..=20_u8 {
        held += reassembly.insert(100 * u64::from(it), &[it; 100]);
    }
    // Ten fit into one.
    assert_eq!(held, 20 * 100 + 2 * PIECE_COST);

    reassembly.skip(100);

    let mut taken = Vec::new();
    let mut freed = 0;
    while let Some((bytes, cost)) = reassembly.take(150) {
        taken.extend(bytes);
        freed += cost;
    }
    let expected: Vec<u8> = (1..=20).flat_map(|it| [it; 100]).collect();
    assert_eq!(taken, expected);
    assert_eq!(freed, held);
}
