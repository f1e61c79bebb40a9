//! Order, sharing, and what may be kept alive.

use super::*;

#[test]
fn bytes_come_out_in_the_order_in_which_they_went_in() {
    let mut chunks = Chunks::default();
    let mut input = BytesMut::from(&[4; 3000][..]);

    chunks.push(Bytes::from_static(b"one "));
    chunks.push_copy(b"two ");
    chunks.push_copy(b"three ");
    chunks.push(Bytes::from_static(b"four "));
    chunks.push_copy(b"five");
    chunks.receive(&mut input, 3000, true);

    assert_eq!(chunks.len(), 23 + 3000);
    let mut out = Vec::new();
    while let Some(bytes) = chunks.take(5) {
        assert!(bytes.len() <= 5);
        out.extend_from_slice(&bytes);
    }
    assert_eq!(&out[..23], b"one two three four five");
    assert_eq!(out[23..], [4; 3000]);
    assert!(chunks.is_empty());
}

#[test]
fn copying_out_takes_from_the_front_across_pieces() {
    let mut chunks = Chunks::default();
    chunks.push(Bytes::from_static(b"abc"));
    chunks.push(Bytes::from_static(b"def"));
    chunks.push_copy(b"gh");
    let (mut out, mut memory) = (b">".to_vec(), Memory::default());

    chunks.copy_to(4, &mut out, &mut memory);
    assert_eq!((&out[..], chunks.len()), (&b">abcd"[..], 4));
    chunks.copy_to(100, &mut out, &mut memory);

    assert_eq!((&out[..], chunks.len()), (&b">abcdefgh"[..], 0));
    assert_eq!(chunks.take(1), None);
}

#[test]
fn a_large_piece_is_shared_and_a_small_one_is_not() {
    let mut input = BytesMut::from(&[7; 5000][..]);
    let start = input.as_ptr();
    let mut chunks = Chunks::default();

    chunks.receive(&mut input, 4000, true);
    assert_eq!(chunks.take(usize::MAX).unwrap().as_ptr(), start);
    chunks.receive(&mut input, 1000, true);

    assert_ne!(
        chunks.take(usize::MAX).unwrap().as_ptr(),
        start.wrapping_add(4000)
    );
    assert!(input.is_empty());
}

#[test]
fn few_shared_pieces_wait_whatever_arrives() {
    let mut chunks = Chunks::default();
    for _ in 0..128 {
        let mut input = BytesMut::zeroed(2048);
        chunks.receive(&mut input, 2048, true);
    }

    assert_eq!(chunks.len(), 256 << 10);
    assert!(chunks.rest.len() <= MAX_PIECES + 4);
}

#[test]
fn what_is_copied_in_pieces_keeps_its_order_and_its_memory() {
    let mut memory = Memory::default();
    let mut chunks = Chunks::default();
    let data: Vec<u8> = (0..150_000_u32).map(|n| (n % 251) as u8).collect();

    for round in 0..3 {
        let (small, large) = data.split_at(10 + round);
        chunks.write_copy(small, &mut memory);
        chunks.write_copy(large, &mut memory);
        chunks.write_copy(small, &mut memory);
        assert_eq!(chunks.len(), data.len() + small.len());

        let mut out = Vec::new();
        while !chunks.is_empty() {
            chunks.copy_to(40_000, &mut out, &mut memory);
        }
        assert!(out[..data.len()] == data && out[data.len()..] == *small);
        assert!(memory.is_held());
    }
}

#[test]
fn single_bytes_are_joined() {
    let mut chunks = Chunks::default();
    let mut input = BytesMut::zeroed(100_000);
    for _ in 0..100_000 {
        chunks.receive(&mut input, 1, true);
    }

    assert_eq!(chunks.len(), 100_000);
    assert!(chunks.rest.len() <= 1);
}
