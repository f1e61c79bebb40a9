//! What is kept of a received buffer.

use super::*;

#[test]
fn keeps_a_buffer_that_was_not_filled() {
    let meta = received(&raw(2_500, 1_200), 4_096);

    assert_eq!((meta.len, meta.stride), (2_500, 1_200));
}

#[test]
fn drops_the_last_datagram_of_a_filled_buffer() {
    let meta = received(&raw(4_096, 1_200), 4_096);

    assert_eq!((meta.len, meta.stride), (3_600, 1_200));
}

#[test]
fn drops_a_last_datagram_that_ends_where_the_buffer_ends() {
    let meta = received(&raw(3_600, 1_200), 3_600);

    assert_eq!((meta.len, meta.stride), (2_400, 1_200));
}

#[test]
fn drops_a_lone_datagram_that_did_not_fit() {
    assert_eq!(received(&raw(1_500, 1_500), 1_500).len, 0);
    assert_eq!(received(&raw(1_500, 9_000), 1_500).len, 0);
}

#[test]
fn keeps_all_of_a_buffer_that_nothing_can_overrun() {
    let meta = received(&raw(65_535, 1_285), 65_535);

    assert_eq!(meta.len, 65_535);
}

#[test]
fn gives_an_empty_datagram_a_stride_that_can_be_stepped_by() {
    let meta = received(&raw(0, 0), 1_500);

    assert_eq!((meta.len, meta.stride), (0, 1));
}

fn raw(len: usize, stride: usize) -> RecvMeta {
    let mut raw = RecvMeta::default();
    raw.len = len;
    raw.stride = stride;
    raw
}
