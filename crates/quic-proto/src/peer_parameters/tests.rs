//! Transport parameters as peers encode them.

use super::*;

// [RFC 9000 §18]
#[test]
fn finds_the_idle_timeout_among_unknown_parameters() {
    let encoded = [
        0x40, 0x7f, 2, 0xaa, 0xbb, 0x01, 4, 0x80, 0, 0x27, 0x10, 0x0c, 0,
    ];

    let parsed = PeerParameters::parse(&encoded).unwrap();

    assert_eq!(parsed.max_idle_timeout, Some(Duration::from_secs(10)));
}

#[test]
fn reads_an_idle_timeout_of_zero_as_none() {
    let parsed = PeerParameters::parse(&[0x01, 1, 0]).unwrap();

    assert_eq!(parsed.max_idle_timeout, None);
}

#[test]
fn finds_the_window_of_streams_that_we_open() {
    let parsed = PeerParameters::parse(&[0x05, 1, 9, 0x06, 4, 0x80, 0x20, 0, 0]).unwrap();

    assert_eq!(parsed.stream_window, 2 << 20);
}

#[test]
fn survives_every_truncation() {
    let encoded = [0x40, 0x7f, 2, 0xaa, 0xbb, 0x01, 4, 0x80, 0, 0x27, 0x10];

    for len in 0..encoded.len() {
        let _ = PeerParameters::parse(&encoded[..len]);
    }
}
