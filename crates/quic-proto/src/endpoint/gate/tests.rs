//! Which datagrams open a connection.

use super::*;

// [RFC 9000 §17.2]
#[test]
fn lets_packets_of_known_connections_pass() {
    let short_header = [0x40, 1, 2, 3, 4, 5, 6, 7, 8];
    let handshake = [0xe0, 0, 0, 0, 1, 8];
    let retry = [0xf0, 0, 0, 0, 1, 8];
    let version_negotiation = [0x80, 0, 0, 0, 0, 8];

    for datagram in [&short_header[..], &handshake, &retry, &version_negotiation] {
        assert!(!opens_connection(datagram), "{datagram:x?}");
    }
}

// [RFC 9000 §17.2.2]
#[test]
fn stops_first_packets_and_foreign_versions() {
    let initial = [0xc3, 0, 0, 0, 1, 8];
    let initial_with_greased_fixed_bit = [0x83, 0, 0, 0, 1, 8];
    let draft_29 = [0xff, 0xff, 0, 0, 0x1d, 8];

    for datagram in [&initial[..], &initial_with_greased_fixed_bit, &draft_29] {
        assert!(opens_connection(datagram), "{datagram:x?}");
    }
}

#[test]
fn finds_nothing_in_scraps() {
    for len in 0..5 {
        assert!(!opens_connection(&[0xc0; 4][..len.min(4)]));
    }
}
