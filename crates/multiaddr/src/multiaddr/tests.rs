//! Addresses known, unknown and malformed: all are kept, and all can be printed.

use super::*;

#[test]
fn addresses_of_other_kinds_read_back_from_text_and_bytes() {
    for text in [
        "/ip4/192.0.2.7/udp/4001/quic-v1/webtransport/certhash/uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g",
        "/ip4/192.0.2.7/tcp/443/tls/sni/example.com/ws",
        "/ip4/192.0.2.7/udp/4001/quic",
        "/dns4/example.com/tcp/4001/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N/p2p-circuit",
        "/ip6zone/eth0/ip6/fe80::1/tcp/1",
        "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234",
    ] {
        let address: Multiaddr = text.parse().unwrap();

        assert_eq!(address.to_string(), text);
        assert_eq!(Multiaddr::from_bytes(address.as_bytes()), Ok(address));
    }
}

#[test]
fn unknown_bytes_are_kept_and_printed_in_hexadecimal() {
    let address = Multiaddr::from_bytes(&[0xfa, 0xff, 0x03, 1]).unwrap();

    assert_eq!(address.to_bytes(), [0xfa, 0xff, 0x03, 1]);
    assert_eq!(address.to_string(), "0xfaff0301");
    assert_eq!("0xFAFF0301".parse(), Ok(address.clone()));
    assert_eq!(format!("{address:?}"), "Multiaddr(0xfaff0301)");
}

#[test]
fn a_text_form_that_would_mislead_is_not_printed() {
    let dns = |name: &[u8]| [&[0x35, name.len() as u8], name].concat();
    for bytes in [
        // Reads like two components.
        dns(b"a/tcp/1"),
        // Would write to the terminal.
        dns(b"\x1b[2J"),
        dns(b"a\nb"),
    ] {
        let text = Multiaddr::from_bytes(&bytes).unwrap().to_string();

        assert!(text.starts_with("0x"), "{text:?}");
    }
}

#[test]
fn nothing_and_too_much_are_no_addresses() {
    let long = format!("/dns/{}", "a".repeat(Multiaddr::MAX_LEN));
    let longer = "/ws".repeat(Multiaddr::MAX_TEXT_LEN);

    assert_eq!(Multiaddr::from_bytes(&[]), Err(MultiaddrError::Empty));
    assert_eq!("".parse::<Multiaddr>(), Err(MultiaddrError::Empty));
    assert!(Multiaddr::from_bytes(&[0; Multiaddr::MAX_LEN]).is_ok());
    assert!(matches!(
        Multiaddr::from_bytes(&[0; Multiaddr::MAX_LEN + 1]),
        Err(MultiaddrError::TooLong { .. })
    ));
    for text in [long, longer] {
        assert!(matches!(
            text.parse::<Multiaddr>(),
            Err(MultiaddrError::TooLong { .. })
        ));
    }
}

#[test]
fn text_with_unknown_components_is_refused() {
    for text in [
        "/",
        "ip4/192.0.2.7",
        "/ip4",
        "/ip4/192.0.2.7/nothing",
        "/p2p/Qm",
        "0x0",
        "0xgg",
    ] {
        assert_eq!(
            text.parse::<Multiaddr>(),
            Err(MultiaddrError::Unknown),
            "{text}"
        );
    }
}

#[test]
fn an_address_is_the_same_either_way() {
    let text = "/ip4/192.0.2.7/udp/4001/quic-v1";
    let address: Address = text.parse().unwrap();

    let any = Multiaddr::from(&address);

    assert_eq!(any, text.parse().unwrap());
    assert_eq!(Address::try_from(&any), Ok(address));
}
