//! Tests of slabs.

use super::{MAX_SLABS, SLAB_BYTES, Slabs};

#[test]
fn memory_is_used_again_once_nobody_holds_a_part_of_it() {
    let mut slabs = Slabs::default();
    let mut first = slabs.copy(&[1; SLAB_BYTES]);
    let at = first.as_ptr();
    let part = first.split_off(SLAB_BYTES - 1);
    drop(first);

    assert_ne!(slabs.copy(&[2; SLAB_BYTES]).as_ptr(), at);
    assert_eq!(part, [1][..]);

    drop(part);
    let again: Vec<_> = (0..2).map(|_| slabs.copy(&[3; SLAB_BYTES])).collect();
    assert!(again.iter().any(|it| it.as_ptr() == at));
    assert!(again.iter().all(|it| *it == [3; SLAB_BYTES][..]));
}

#[test]
fn little_content_holds_little_memory() {
    let mut slabs = Slabs::default();

    let little = slabs.copy(&[1; 1200]);

    assert!(little.capacity() < 2 * 1200, "{}", little.capacity());
}

#[test]
fn what_slow_readers_hold_is_not_kept_besides() {
    let mut slabs = Slabs::default();

    let held: Vec<_> = (0..2 * MAX_SLABS)
        .map(|_| slabs.copy(&[1; SLAB_BYTES]))
        .collect();

    assert!(slabs.0.len() <= MAX_SLABS);
    assert!(held.iter().all(|it| *it == [1; SLAB_BYTES][..]));
}
