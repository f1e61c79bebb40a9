//! What holds for every input, whatever it is. The functions at the top take raw input, so that a
//! fuzz target is one call; the tests below feed them from seeds.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use rand::RngExt as _;
use rand::rngs::StdRng;
use sinew_identity::{Keypair, SignedEnvelope};
use sinew_multiaddr::{Address, Multiaddr, PeerRecord};
use sinew_testkit::each_seed;

/// An address that is read from text prints as text, and has bytes, that are the same address.
pub fn address_text(input: &str) {
    match input.parse::<Address>() {
        Ok(address) => same_in_every_form(&address),
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
}

/// An address that is read from bytes has text and bytes that are the same address.
pub fn address_bytes(input: &[u8]) {
    match Address::from_bytes(input) {
        Ok(address) => same_in_every_form(&address),
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
}

/// Any bytes are kept as they are, and print as text that reads back as the same.
pub fn multiaddr_bytes(input: &[u8]) {
    let Ok(address) = Multiaddr::from_bytes(input) else {
        return;
    };
    assert_eq!(address.as_bytes(), input);
    let text = address.to_string();
    assert!(!text.contains(char::is_control));
    assert_eq!(text.parse(), Ok(address));
}

/// An address that is read from text has bytes that are the same address.
pub fn multiaddr_text(input: &str) {
    let Ok(address) = input.parse::<Multiaddr>() else {
        return;
    };
    multiaddr_bytes(address.as_bytes());
}

/// A payload that is signed and read as a record can be sealed again and is the same.
pub fn peer_record(payload: &[u8]) {
    let key = Keypair::ed25519_from_secret([7; 32]);
    let seal = |payload: &[u8]| {
        SignedEnvelope::seal(&key, PeerRecord::DOMAIN, PeerRecord::PAYLOAD_TYPE, payload)
    };
    let Ok(envelope) = seal(payload) else {
        return;
    };
    if let Ok(record) = PeerRecord::open(&envelope) {
        let again = record.seal(&key).unwrap();
        assert_eq!(PeerRecord::open(&again), Ok(record));
    }
}

#[test]
fn random_bytes_break_nothing() {
    each_seed(500, |seed| {
        let mut rng = seed.rng();
        let len = rng.random_range(0..100);
        let input: Vec<u8> = (0..len).map(|_| rng.random()).collect();

        every_property(&input);
    });
}

#[test]
fn random_components_break_nothing() {
    each_seed(1000, |seed| {
        let mut rng = seed.rng();
        let mut text = String::new();
        for _ in 0..rng.random_range(1..6) {
            text.push('/');
            text.push_str(PIECES[rng.random_range(0..PIECES.len())]);
        }

        every_property(text.as_bytes());
    });
}

#[test]
fn valid_encodings_with_a_few_changes_break_nothing() {
    let valid = valid_encodings();
    each_seed(1000, |seed| {
        let mut rng = seed.rng();
        let mut input = valid[rng.random_range(0..valid.len())].clone();
        for _ in 0..rng.random_range(0..4) {
            change(&mut input, &mut rng);
        }

        every_property(&input);
    });
}

fn every_property(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    address_text(&text);
    address_bytes(input);
    multiaddr_text(&text);
    multiaddr_bytes(input);
    peer_record(input);
}

fn same_in_every_form(address: &Address) {
    assert_eq!(address.to_string().parse().as_ref(), Ok(address));
    assert_eq!(
        Address::from_bytes(&address.to_bytes()).as_ref(),
        Ok(address)
    );
    let any = Multiaddr::from(address);
    assert_eq!(any.to_string(), address.to_string());
    if let Some(socket) = address.socket_addr() {
        assert_eq!(Some(socket.port()), address.port());
    }
    let _ = (address.check_dial(), address.check_listen());
}

fn change(input: &mut Vec<u8>, rng: &mut StdRng) {
    let at = rng.random_range(0..=input.len());
    match rng.random_range(0..4) {
        0 => input.insert(at, rng.random()),
        1 => input.truncate(at),
        2 if at < input.len() => drop(input.remove(at)),
        _ if at < input.len() => input[at] = rng.random(),
        _ => {}
    }
}

fn valid_encodings() -> Vec<Vec<u8>> {
    let peer = Keypair::ed25519_from_secret([7; 32]).peer_id();
    let mut valid = Vec::new();
    for text in [
        format!("/ip4/192.0.2.7/udp/4001/quic-v1/p2p/{peer}"),
        format!("/ip6/2001:db8::7/tcp/4001/p2p/{peer}"),
        "/dns4/example.com/udp/4001/quic-v1".to_owned(),
        "/dnsaddr/bootstrap.example.com".to_owned(),
        "/memory/7".to_owned(),
    ] {
        valid.push(text.parse::<Address>().unwrap().to_bytes());
        valid.push(text.into_bytes());
    }
    let mut record = vec![0x0a, 38];
    record.extend(peer.to_bytes());
    record.extend([0x10, 7, 0x1a, 10, 0x0a, 8, 4, 1, 2, 3, 4, 6, 0x0f, 0xa1]);
    valid.push(record);
    valid
}

const PIECES: [&str; 22] = [
    "ip4",
    "192.0.2.7",
    "ip6",
    "::1",
    "dns",
    "dns4",
    "dnsaddr",
    "example.com",
    "udp",
    "tcp",
    "4001",
    "0",
    "quic-v1",
    "quic",
    "p2p",
    "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
    "memory",
    "ws",
    "p2p-circuit",
    "certhash",
    "",
    "\u{7}",
];
