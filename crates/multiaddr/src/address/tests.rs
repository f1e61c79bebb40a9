//! Every form of address, every way to get one wrong, and what can be done with each.

use std::net::{Ipv4Addr, Ipv6Addr};

use sinew_identity::Keypair;

use super::*;
use crate::{Component, NameError};

#[test]
fn reads_and_prints_every_supported_form() {
    let forms = [
        "/ip4/192.0.2.7/udp/4001/quic-v1",
        "/ip6/2001:db8::7/udp/4001/quic-v1",
        "/dns/example.com/udp/4001/quic-v1",
        "/dns4/example.com/udp/4001/quic-v1",
        "/dns6/example.com/udp/4001/quic-v1",
        "/ip4/192.0.2.7/tcp/4001",
        "/ip6/::1/tcp/0",
        "/dns/_x.example.com./tcp/65535",
        "/dnsaddr/bootstrap.example.com",
        "/memory/18446744073709551615",
    ];
    for form in forms {
        for text in [form.to_owned(), format!("{form}/p2p/{}", peer())] {
            let address: Address = text.parse().unwrap();

            assert_eq!(address.to_string(), text);
            assert_eq!(Address::from_bytes(&address.to_bytes()).unwrap(), address);
            assert_eq!(address.peer_id().is_some(), text != form);
        }
    }
}

#[test]
fn encodes_a_quic_address_in_the_assigned_codes() {
    let address: Address = "/ip4/1.2.3.4/udp/4001/quic-v1".parse().unwrap();

    assert_eq!(
        address.to_bytes(),
        [0x04, 1, 2, 3, 4, 0x91, 0x02, 0x0f, 0xa1, 0xcd, 0x03]
    );
}

#[test]
fn reads_a_peer_id_in_its_cid_form_and_under_its_older_name() {
    let expected: Address = format!("/memory/1/p2p/{}", peer()).parse().unwrap();

    for text in [
        format!("/memory/1/p2p/{}", peer().to_cid()),
        format!("/memory/1/ipfs/{}", peer()),
    ] {
        assert_eq!(text.parse(), Ok(expected.clone()));
    }
}

#[test]
fn reads_names_in_any_case_as_one_address() {
    let lower: Address = "/dns/example.com/tcp/1".parse().unwrap();

    assert_eq!("/dns/EXAMPLE.com/tcp/1".parse(), Ok(lower));
}

#[test]
fn draft_29_is_refused_with_the_name_of_its_successor() {
    let error = error("/ip4/192.0.2.7/udp/4001/quic");

    assert_eq!(error, AddressError::QuicDraft29);
    assert!(error.to_string().contains("quic-v1"));
}

#[test]
fn draft_29_is_refused_in_bytes_too() {
    let mut bytes = "/ip4/1.2.3.4/udp/4001/quic-v1"
        .parse::<Address>()
        .unwrap()
        .to_bytes();
    bytes.truncate(bytes.len() - 2);
    bytes.extend([0xcc, 0x03]);

    assert_eq!(Address::from_bytes(&bytes), Err(AddressError::QuicDraft29));
}

#[test]
fn an_unexpected_component_is_named_with_what_was_expected() {
    let cases = [
        ("/udp/4001/quic-v1", "udp", HOST),
        ("/unix/tmp", "unix", HOST),
        ("/p2p-circuit", "p2p-circuit", HOST),
        ("/ip4/192.0.2.7/quic-v1", "quic-v1", TRANSPORT),
        ("/ip4/192.0.2.7/sctp/1", "sctp", TRANSPORT),
        (
            "/ip4/192.0.2.7/udp/4001/webrtc-direct",
            "webrtc-direct",
            "/quic-v1",
        ),
        ("/ip4/192.0.2.7/tcp/1/ws", "ws", "/p2p or the end"),
        (
            "/ip4/192.0.2.7/udp/1/quic-v1/webtransport",
            "webtransport",
            "/p2p or the end",
        ),
        ("/dnsaddr/example.com/tcp/1", "tcp", "/p2p or the end"),
    ];
    for (text, found, expected) in cases {
        let found = Component::new(found);

        assert_eq!(
            error(text),
            AddressError::Unexpected { found, expected },
            "{text}"
        );
    }
}

#[test]
fn nothing_follows_the_peer_id() {
    let text = format!("/memory/1/p2p/{}/p2p-circuit", peer());

    assert_eq!(
        error(&text),
        AddressError::Unexpected {
            found: Component::new("p2p-circuit"),
            expected: "the end"
        }
    );
}

#[test]
fn an_address_that_ends_early_says_what_is_missing() {
    let cases = [
        ("/ip4", "an IPv4 address"),
        ("/ip4/192.0.2.7", TRANSPORT),
        ("/ip4/192.0.2.7/udp", "a port from 0 to 65535"),
        ("/ip4/192.0.2.7/udp/4001", "/quic-v1"),
        ("/dns", "a host name"),
        ("/memory/1/p2p", "a peer id"),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text), AddressError::Incomplete { expected }, "{text}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_named() {
    let cases = [
        ("/ip4/localhost/tcp/1", "ip4", "localhost"),
        ("/ip4/2001:db8::7/tcp/1", "ip4", "2001:db8::7"),
        ("/ip4/01.2.3.4/tcp/1", "ip4", "01.2.3.4"),
        ("/ip6/192.0.2.7/tcp/1", "ip6", "192.0.2.7"),
        ("/ip6/fe80::1%eth0/tcp/1", "ip6", "fe80::1%eth0"),
        ("/ip4/192.0.2.7/tcp/65536", "tcp", "65536"),
        ("/ip4/192.0.2.7/udp/-1/quic-v1", "udp", "-1"),
        ("/memory/x", "memory", "x"),
    ];
    for (text, wrong_component, wrong_value) in cases {
        let AddressError::Value {
            component, value, ..
        } = error(text)
        else {
            panic!("{text} gives another error");
        };
        assert_eq!((component, value.as_str()), (wrong_component, wrong_value));
    }
}

#[test]
fn text_without_a_leading_slash_is_no_address() {
    for text in ["", "192.0.2.7:4001", "ip4/192.0.2.7/tcp/1", "\u{0}"] {
        assert_eq!(error(text), AddressError::MissingSlash, "{text}");
    }
}

#[test]
fn an_empty_component_is_pointed_out() {
    for text in [
        "/",
        "//",
        "/ip4/192.0.2.7/",
        "/ip4/192.0.2.7/tcp/1/",
        "/ip4/192.0.2.7//tcp/1",
    ] {
        assert!(matches!(error(text), AddressError::Empty { .. }), "{text}");
    }
}

#[test]
fn a_host_name_is_checked() {
    let long_label = "a".repeat(64);
    let long_name = ["a.".repeat(127), "com".to_owned()].concat();
    let cases = [
        ("", NameError::Length(0)),
        (long_name.as_str(), NameError::Length(257)),
        (long_label.as_str(), NameError::LabelLength(64)),
        ("a..b", NameError::LabelLength(0)),
        (".", NameError::LabelLength(0)),
        ("bücher.example", NameError::Character('ü')),
        ("a b", NameError::Character(' ')),
    ];
    for (name, wrong) in cases {
        for kind in ["dns", "dns4", "dns6", "dnsaddr"] {
            let AddressError::Name { source, .. } = error(&format!("/{kind}/{name}/tcp/1")) else {
                panic!("{name} gives another error");
            };
            assert_eq!(source, wrong, "{name}");
        }
    }
}

#[test]
fn a_wrong_peer_id_is_quoted() {
    let AddressError::PeerId { value, .. } = error("/memory/1/p2p/QmWrong") else {
        panic!("another error");
    };
    assert_eq!(value.as_str(), "QmWrong");
}

#[test]
fn an_ip6_zone_is_refused_in_text_and_bytes() {
    let text = "/ip6zone/eth0/ip6/fe80::1/udp/1/quic-v1";
    let multiaddr: Multiaddr = text.parse().unwrap();

    assert_eq!(error(text), AddressError::Ip6Zone);
    assert_eq!(Address::try_from(&multiaddr), Err(AddressError::Ip6Zone));
}

#[test]
fn text_of_any_length_is_refused_without_being_read() {
    let text = format!("/dns/{}", "1".repeat(1 << 20));

    assert!(matches!(
        error(&text),
        AddressError::TooLong { max: 1024, .. }
    ));
}

#[test]
fn errors_quote_no_control_characters_and_no_endless_text() {
    let message = error("/ip4/\u{1b}[31m\n/tcp/1").to_string();
    let long = error(&format!("/{}", "x".repeat(500))).to_string();

    assert!(!message.contains(char::is_control), "{message}");
    assert!(long.len() < 200, "{long}");
}

#[test]
fn port_zero_and_addresses_of_no_single_machine_cannot_be_dialed() {
    let cases = [
        ("/ip4/192.0.2.7/udp/0/quic-v1", Undialable::PortZero),
        ("/dns/example.com/tcp/0", Undialable::PortZero),
        ("/ip4/0.0.0.0/tcp/1", Undialable::Unspecified),
        ("/ip6/::/tcp/1", Undialable::Unspecified),
        ("/ip6/::ffff:0.0.0.0/tcp/1", Undialable::Unspecified),
        ("/ip4/224.0.0.251/udp/1/quic-v1", Undialable::Group),
        ("/ip4/255.255.255.255/udp/1/quic-v1", Undialable::Group),
        ("/ip6/ff02::1/udp/1/quic-v1", Undialable::Group),
    ];
    for (text, wrong) in cases {
        assert_eq!(address(text).check_dial(), Err(wrong), "{text}");
        assert!(!address(text).is_dialable());
    }
}

#[test]
fn names_and_single_machines_can_be_dialed() {
    for text in [
        "/ip4/192.0.2.7/tcp/1",
        "/dns/example.com/udp/1/quic-v1",
        "/dnsaddr/example.com",
        "/memory/0",
    ] {
        assert_eq!(address(text).check_dial(), Ok(()), "{text}");
    }
}

#[test]
fn listening_takes_port_zero_and_unspecified_addresses_but_no_names() {
    for text in ["/ip4/0.0.0.0/tcp/0", "/ip6/::/udp/0/quic-v1", "/memory/0"] {
        assert_eq!(address(text).check_listen(), Ok(()), "{text}");
    }
    for text in ["/dns/example.com/tcp/1", "/dnsaddr/example.com"] {
        assert_eq!(
            address(text).check_listen(),
            Err(Unlistenable::Name),
            "{text}"
        );
    }
    let group = address("/ip4/224.0.0.1/udp/1/quic-v1");
    assert_eq!(group.check_listen(), Err(Unlistenable::Group));
}

#[test]
fn converts_to_and_from_socket_addresses() {
    for socket in ["192.0.2.7:4001", "[2001:db8::7]:4001"] {
        let socket: SocketAddr = socket.parse().unwrap();

        assert_eq!(Address::quic(socket).socket_addr(), Some(socket));
        assert_eq!(Address::tcp(socket).socket_addr(), Some(socket));
        assert_eq!(
            Address::quic(socket).transport(),
            Some(TransportKind::QuicV1)
        );
        assert_eq!(Address::tcp(socket).transport(), Some(TransportKind::Tcp));
    }
    for text in [
        "/dns/example.com/tcp/1",
        "/dnsaddr/example.com",
        "/memory/1",
    ] {
        assert_eq!(address(text).socket_addr(), None);
    }
}

#[test]
fn tells_where_an_address_has_a_meaning() {
    let loopback = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"];
    let private = [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.0.1",
        "100.64.0.1",
        "100.127.0.1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ];
    let global = ["192.0.2.7", "100.128.0.1", "172.32.0.1", "2001:db8::7"];
    let tcp = |ip: &str| Address::tcp(SocketAddr::new(ip.parse().unwrap(), 1));

    for ip in loopback {
        assert!(tcp(ip).is_loopback() && !tcp(ip).is_private(), "{ip}");
    }
    for ip in private {
        assert!(tcp(ip).is_private() && !tcp(ip).is_loopback(), "{ip}");
    }
    for ip in global {
        assert!(!tcp(ip).is_private() && !tcp(ip).is_loopback(), "{ip}");
        assert!(!tcp(ip).is_unspecified(), "{ip}");
    }
    assert!(tcp("0.0.0.0").is_unspecified() && tcp("::").is_unspecified());
}

#[test]
fn parts_of_an_address_can_be_replaced() {
    let named = address("/dns4/example.com/udp/4001/quic-v1").with_peer(peer());

    let resolved = named.clone().with_ip(Ipv4Addr::new(192, 0, 2, 7).into());

    assert_eq!(
        resolved.without_peer(),
        address("/ip4/192.0.2.7/udp/4001/quic-v1")
    );
    assert_eq!(
        address("/ip6/::/tcp/0")
            .with_ip(Ipv6Addr::LOCALHOST.into())
            .with_port(9),
        address("/ip6/::1/tcp/9")
    );
    assert_eq!(address("/memory/1").with_port(2), address("/memory/1"));
    assert!(named.needs_lookup());
}

#[test]
fn a_look_up_gives_the_family_that_was_asked_for() {
    let (v4, v6) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
    let admits = |text: &str| {
        let address = address(text);
        let host = address.host().unwrap();
        (host.admits(v4), host.admits(v6))
    };

    assert_eq!(admits("/dns/example.com/tcp/1"), (true, true));
    assert_eq!(admits("/dns4/example.com/tcp/1"), (true, false));
    assert_eq!(admits("/dns6/example.com/tcp/1"), (false, true));
    assert_eq!(admits("/ip4/127.0.0.1/tcp/1"), (true, false));
    assert_eq!(admits("/ip4/127.0.0.2/tcp/1"), (false, false));
}

#[test]
fn bytes_that_are_no_known_multiaddr_are_no_address() {
    for bytes in [&[0xff; 20][..], &[0x04, 1, 2], &[0x80]] {
        assert_eq!(
            Address::from_bytes(bytes),
            Err(AddressError::Bytes(crate::MultiaddrError::Unknown))
        );
    }
    assert_eq!(
        Address::from_bytes(&[]),
        Err(AddressError::Bytes(crate::MultiaddrError::Empty))
    );
}

#[test]
fn a_name_with_a_slash_in_its_bytes_does_not_become_another_address() {
    let name = b"a/tcp/1";
    let bytes = [&[0x35, name.len() as u8], &name[..], &[0x06, 0, 9]].concat();

    assert!(matches!(
        Address::from_bytes(&bytes),
        Err(AddressError::Name {
            source: NameError::Character('/'),
            ..
        })
    ));
}

#[test]
fn a_peer_id_that_only_the_other_crate_admits_is_refused() {
    // SHA-256 cut to one byte.
    let bytes = [0xa5, 0x03, 3, 0x12, 1, 0xaa];
    let memory = address("/memory/1").to_bytes();

    assert!(matches!(
        Address::from_bytes(&[&memory[..], &bytes].concat()),
        Err(AddressError::PeerId { .. })
    ));
}

#[test]
fn every_peer_id_fits_into_an_address() {
    let identities = (0..=42).map(|len: u8| [vec![0x00, len], vec![7; len.into()]].concat());
    let hash = [&[0x12, 32][..], &[7; 32]].concat();

    for bytes in identities.chain([hash]) {
        let there = address("/memory/1").with_peer(PeerId::from_bytes(&bytes).unwrap());

        assert_eq!(Address::from_bytes(&there.to_bytes()), Ok(there));
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn error(text: &str) -> AddressError {
    text.parse::<Address>().unwrap_err()
}

fn peer() -> PeerId {
    Keypair::ed25519_from_secret([7; 32]).peer_id()
}

const HOST: &str = "/ip4, /ip6, /dns, /dns4, /dns6, /dnsaddr or /memory";
const TRANSPORT: &str = "/udp/PORT/quic-v1 or /tcp/PORT";
