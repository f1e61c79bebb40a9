//! Addresses in serde's formats.
#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use sinew_multiaddr::{Address, Multiaddr};

#[test]
fn addresses_are_text_where_people_read_them() {
    let json = "\"/ip4/192.0.2.7/udp/4001/quic-v1\"";

    let address: Address = serde_json::from_str(json).unwrap();
    let any: Multiaddr = serde_json::from_str(json).unwrap();

    assert_eq!(serde_json::to_string(&address).unwrap(), json);
    assert_eq!(serde_json::to_string(&any).unwrap(), json);
}

#[test]
fn an_error_in_a_file_says_what_is_wrong_with_the_address() {
    let error = serde_json::from_str::<Address>("\"/ip4/192.0.2.7/udp/1/quic\"").unwrap_err();

    assert!(error.to_string().contains("quic-v1"), "{error}");
}

#[test]
fn an_address_without_text_form_is_written_and_read_in_hexadecimal() {
    let any = Multiaddr::from_bytes(&[0xfa, 0xff, 0x03, 1]).unwrap();

    let json = serde_json::to_string(&any).unwrap();

    assert_eq!(json, "\"0xfaff0301\"");
    assert_eq!(serde_json::from_str::<Multiaddr>(&json).unwrap(), any);
}
