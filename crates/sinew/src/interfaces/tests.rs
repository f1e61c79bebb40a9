//! Tests of interfaces, on whatever machine this is.

use super::*;

#[test]
fn an_address_of_one_interface_stands_for_itself() {
    let address: Address = "/ip4/192.0.2.7/udp/4001/quic-v1".parse().unwrap();

    assert_eq!(dialable(&address), [address]);
}

#[test]
fn an_unspecified_address_becomes_addresses_that_can_be_dialed() {
    for text in ["/ip4/0.0.0.0/udp/4001/quic-v1", "/ip6/::/udp/4001/quic-v1"] {
        let address: Address = text.parse().unwrap();
        let is_ipv4 = address.ip().unwrap().is_ipv4();

        let found = dialable(&address);

        assert!(!found.is_empty());
        for address in &found {
            assert!(address.is_dialable(), "{address}");
            assert_eq!(address.port(), Some(4001));
            assert_eq!(address.ip().unwrap().is_ipv4(), is_ipv4);
        }
    }
}
