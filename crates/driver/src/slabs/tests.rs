//! Tests of slabs.

use bytes::BytesMut;

use super::{MAX_BYTES, Slabs};

const SLAB_BYTES: usize = 65_536;

#[test]
fn memory_is_used_again_once_nobody_holds_a_part_of_it() {
    let mut slabs = Slabs::new(SLAB_BYTES);
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
fn a_buffer_that_was_filled_and_split_is_used_again_from_its_start() {
    let mut slabs = Slabs::new(SLAB_BYTES);
    let mut buffer = slabs.take(100);
    let at = buffer.as_ptr();
    buffer.extend_from_slice(&[1; 1000]);
    let part = buffer.split_to(900);
    slabs.put(buffer);

    assert_ne!(slabs.take(100).as_ptr(), at);

    drop(part);
    let again = slabs.take(100);
    assert_eq!((again.as_ptr(), again.len()), (at, 0));
    assert!(again.capacity() >= SLAB_BYTES);
}

#[test]
fn a_slab_that_is_too_small_is_not_used() {
    let mut slabs = Slabs::new(SLAB_BYTES);
    slabs.put(BytesMut::with_capacity(SLAB_BYTES));

    assert!(slabs.take(2 * SLAB_BYTES).capacity() >= 2 * SLAB_BYTES);
}

#[test]
fn little_content_holds_little_memory() {
    let mut slabs = Slabs::new(SLAB_BYTES);

    let little = slabs.copy(&[1; 1200]);

    assert!(little.capacity() < 2 * 1200, "{}", little.capacity());
}

#[test]
fn what_slow_readers_hold_is_not_kept_besides() {
    let mut slabs = Slabs::new(SLAB_BYTES);

    let held: Vec<_> = (0..2 * MAX_BYTES / SLAB_BYTES)
        .map(|_| slabs.copy(&[1; SLAB_BYTES]))
        .collect();

    assert!(slabs.slabs.len() <= MAX_BYTES / SLAB_BYTES);
    assert!(held.iter().all(|it| *it == [1; SLAB_BYTES][..]));
}
