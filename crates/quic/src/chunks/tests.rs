//! Tests of memory that is used again.

use std::sync::Arc;

use super::{CHUNK_BYTES, Chunks, MAX_FREE};

#[test]
fn memory_is_used_again_once_nobody_holds_a_part_of_it() {
    let chunks = Arc::new(Chunks::default());
    let mut first = chunks.copy(&[1; CHUNK_BYTES]);
    let at = first.as_ptr();
    let part = first.split_off(100);

    drop(first);
    assert_ne!(chunks.copy(&[2; 10]).as_ptr(), at);
    assert_eq!(part, [1; CHUNK_BYTES - 100][..]);
    drop(part);

    let again: Vec<_> = (0..2).map(|_| chunks.copy(&[3; 10])).collect();
    assert!(again.iter().any(|it| it.as_ptr() == at));
    assert!(again.iter().all(|it| *it == [3; 10][..]));
}

#[test]
fn only_so_much_is_kept() {
    let chunks = Arc::new(Chunks::default());
    let many: Vec<_> = (0..MAX_FREE + 10).map(|_| chunks.copy(&[1; 10])).collect();
    drop(many);
    drop(chunks.copy(&[1; 2 * CHUNK_BYTES]));

    assert!(chunks.with(|free| free.len() <= MAX_FREE));
    assert!(chunks.with(|free| free.iter().all(|it| it.capacity() <= CHUNK_BYTES)));
}
