//! What is used again, and what is not.

use super::*;

#[test]
fn a_piece_is_used_again_once_it_is_sent() {
    let mut memory = Memory::default();
    let mut piece = memory.take();
    let at = piece.as_ptr();
    piece.extend_from_slice(&[1; PIECE]);
    let mut sent = piece.freeze();

    drop(sent.split_to(PIECE / 2));
    memory.put(sent);

    let again = memory.take();
    assert_eq!((again.as_ptr(), again.len()), (at, 0));
    assert_eq!(again.capacity(), PIECE);
}

#[test]
fn what_somebody_else_holds_or_is_no_piece_is_not_kept() {
    let mut memory = Memory::default();
    let shared = Bytes::from(vec![1; PIECE]);

    memory.put(shared.clone());
    memory.put(Bytes::from_static(&[1; PIECE]));
    memory.put(Bytes::from(vec![1; PIECE - 1]));
    memory.put(Bytes::from(vec![1; PIECE + 1]));

    assert!(!memory.is_held());
    assert_eq!(shared, [1; PIECE][..]);
}

#[test]
fn what_is_kept_has_a_bound() {
    let mut memory = Memory::default();
    for _ in 0..2 * MAX_FREE {
        memory.put(Bytes::from(vec![1; PIECE]));
    }

    assert_eq!(memory.free.len(), MAX_FREE);
}

#[test]
fn memory_that_nobody_needs_any_more_goes() {
    let mut memory = Memory::default();
    let mut piece = memory.take();
    piece.extend_from_slice(b"a");
    memory.put(piece.freeze());

    memory.trim();
    assert!(memory.is_held());
    memory.trim();
    assert!(!memory.is_held());
}
