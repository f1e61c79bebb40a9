//! From the first packet to a peer that is known.

use std::time::Duration;

use sinew_identity::{KeyType, Keypair};
use sinew_quic_proto::{CloseReason, Event, HandshakePhase};
use sinew_sans_io::Role;
use sinew_tls::CertificateError;

use crate::net::{Build, Net, Policy, wall};

#[test]
fn connects_peers_of_every_key_type() {
    let types = [KeyType::Ed25519, KeyType::Secp256k1, KeyType::Ecdsa];
    for dialer_type in types {
        for listener_type in types {
            let net = Net::build([
                Build::with_key(1, dialer_type),
                Build::with_key(2, listener_type),
            ]);

            let (mut net, dialer, listener) = Net::connect(net);

            let peer = net.peer_id(1);
            assert_eq!(
                net.events(0, dialer),
                [Event::Connected { peer }, Event::HandshakeConfirmed]
            );
            let peer = net.peer_id(0);
            assert_eq!(
                net.events(1, listener),
                [Event::Connected { peer }, Event::HandshakeConfirmed]
            );
            assert_eq!(net.connection(0, dialer).role(), Role::Dialer);
            assert_eq!(net.connection(1, listener).role(), Role::Listener);
        }
    }
}

#[test]
fn connects_peers_whose_certificates_take_several_packets() {
    let rsa = |seed| Build {
        keypair: rsa_keypair(),
        ..Build::seeded(seed)
    };

    let (mut net, dialer, listener) = Net::connect(Net::build([rsa(1), rsa(2)]));

    for (node, handle) in [(0, dialer), (1, listener)] {
        let peer = net.connection(node, handle).peer().unwrap();
        assert_eq!(peer.public_key, rsa_keypair().public());
    }
}

fn rsa_keypair() -> Keypair {
    let text = include_str!("../../testdata/rsa-private-key.hex");
    let digits: Vec<_> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    let bytes: Vec<_> = digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect();
    Keypair::from_protobuf(&bytes).unwrap()
}

#[test]
fn says_that_the_peer_speaks_another_version() {
    let mut net = Net::of(2);
    let dialer = net.dial(0, 1);
    let first = net.intercept(1).remove(0);
    // [RFC 9000 §17.2.1] The answer has the two connection ids of the question the other way round.
    let dcid_len = usize::from(first[5]);
    let (dcid, rest) = first[6..].split_at(dcid_len);
    let scid = &rest[1..=usize::from(rest[0])];
    let ids = [&[scid.len() as u8][..], scid, &[dcid.len() as u8], dcid].concat();
    let answer = [&[0x80, 0, 0, 0, 0][..], &ids, &[0xff, 0, 0, 0x1d]].concat();

    let from = net.nodes[1].addr;
    net.inject(from, 0, &answer);

    assert_eq!(
        net.close_reason(0, dialer),
        Some(&CloseReason::VersionMismatch)
    );
}

#[test]
fn offers_version_1_to_a_peer_that_speaks_another() {
    let mut net = Net::of(2);
    net.dial(0, 1);
    let mut first = net.intercept(1).remove(0);
    first[1..5].copy_from_slice(&[0xff, 0, 0, 0x1d]);

    let from = net.nodes[0].addr;
    net.inject(from, 1, &first);

    let answer = net.intercept(0).remove(0);
    assert_eq!(answer[1..5], [0; 4], "a Version Negotiation packet");
    assert!(answer.ends_with(&[0, 0, 0, 1]));
    assert_eq!(net.nodes[1].incoming, 0);
}

#[test]
fn connects_to_whoever_is_there_when_nobody_is_expected() {
    let mut net = Net::of(2);

    let dialer = net.dial_expecting(0, 1, None);
    net.settle();

    let found = net.connection(0, dialer).peer().unwrap().peer_id;
    assert_eq!(found, net.peer_id(1));
}

// [RFC 9001 §4.1.2]
#[test]
fn confirms_a_dialers_handshake_one_round_trip_after_it_is_complete() {
    let mut net = Net::of(2);
    let dialer = net.dial(0, 1);

    net.run_until(|net| net.connection(0, dialer).peer().is_some());
    let connected = net.now;
    assert!(!net.connection(0, dialer).is_confirmed());
    net.run_until(|net| net.connection(0, dialer).is_confirmed());

    assert_eq!(net.now - connected, 2 * net.link.delay);
}

// [RFC 9001 §4.8]
#[test]
fn fails_inside_the_handshake_when_somebody_else_answers() {
    let mut net = Net::of(3);
    let (expected, actual) = (net.peer_id(2), net.peer_id(1));

    let dialer = net.dial_expecting(0, 1, Some(expected));
    net.settle();

    assert_eq!(
        net.close_reason(0, dialer),
        Some(&CloseReason::WrongPeer { expected, actual })
    );
    let text = net.close_reason(0, dialer).unwrap().to_string();
    assert!(text.contains(&expected.to_string()) && text.contains(&actual.to_string()));
    let said = &net.only_peer(1).events;
    assert!(
        matches!(said[..], [Event::Closed(CloseReason::RemoteTls { alert: 49, ref reason })] if reason.is_empty()),
        "{said:?}"
    );
}

#[test]
fn says_whose_clock_may_be_wrong_when_a_certificate_is_out_of_its_time() {
    let century = Duration::from_secs(101 * 366 * 24 * 3600);
    for (theirs, ours) in [(wall(), wall() + century), (wall() + century, wall())] {
        let mut net = Net::build([
            Build {
                wall: ours,
                ..Build::seeded(1)
            },
            Build {
                wall: theirs,
                ..Build::seeded(2)
            },
        ]);

        let dialer = net.dial(0, 1);
        net.settle();

        let reason = net.close_reason(0, dialer).unwrap();
        let CloseReason::Certificate(
            CertificateError::Expired(validity) | CertificateError::NotYetValid(validity),
        ) = reason
        else {
            panic!("{reason:?}");
        };
        assert_eq!(validity.now, ours);
        assert_eq!(validity.not_before, theirs - Duration::from_secs(3600));
    }
}

#[test]
fn refuses_a_dialer_whose_certificate_has_expired_and_says_so_after_its_handshake() {
    let century = Duration::from_secs(101 * 366 * 24 * 3600);
    let mut net = Net::build([Build::seeded(1), Build::seeded(2)]);
    net.set_clock(1, wall() + century);
    // The listener's own certificate would be out of its time too: the dialer's clock follows.
    net.set_clock(0, wall());

    let dialer = net.dial(0, 1);
    net.settle();

    let events = net.events(0, dialer);
    assert!(
        matches!(
            events[..],
            [
                Event::Connected { .. },
                Event::Closed(CloseReason::RemoteTls { alert: 45, .. }),
            ]
        ),
        "{events:?}"
    );
    let said = &net.only_peer(1).events;
    assert!(
        matches!(
            said[..],
            [Event::Closed(CloseReason::Certificate(
                CertificateError::Expired(_)
            ))]
        ),
        "{said:?}"
    );
}

#[test]
fn checks_the_certificate_once_even_if_it_expires_during_the_handshake() {
    for node in [0, 1] {
        let mut net = Net::of(2);
        let dialer = net.dial(0, 1);
        let knows_peer = |net: &mut Net| {
            let mut peers = net.nodes[node].connections.values();
            peers.any(|it| it.connection.peer().is_some())
        };
        net.run_until(knows_peer);
        // The dialer has half a round trip to go at least: the listener's last word.
        assert!(!net.connection(0, dialer).is_confirmed());
        net.set_clock(node, wall() + Duration::from_secs(101 * 366 * 24 * 3600));

        net.settle();

        assert!(net.connection(0, dialer).is_confirmed());
        assert!(knows_peer(&mut net));
        let ends = [net.only_peer(0), net.only_peer(1)].map(|it| it.connection.close_reason());
        assert_eq!(ends, [None, None], "node {node}");
    }
}

#[test]
fn gives_up_on_a_silent_address() {
    let mut net = Net::of(2);
    net.nodes[1].policy = Policy::Ignore;
    let start = net.now;

    let dialer = net.dial(0, 1);
    net.run_until(|net| net.connection(0, dialer).is_closed());

    assert_eq!(net.now - start, Duration::from_secs(10));
    let remote = net.nodes[1].addr;
    assert_eq!(
        net.close_reason(0, dialer),
        Some(&CloseReason::HandshakeTimeout {
            remote,
            phase: HandshakePhase::NoAnswer,
            after: Duration::from_secs(10),
        })
    );
    net.run_for(Duration::from_secs(10));
    assert_eq!(net.nodes[0].endpoint.connection_count(), 0);
    assert_eq!(net.nodes[1].endpoint.connection_count(), 0);
}

#[test]
fn tells_an_unfinished_handshake_from_a_silent_address() {
    let mut net = Net::of(2);
    let dialer = net.dial(0, 1);
    net.run_until(|net| net.connection(0, dialer).stats().received_datagrams > 0);
    net.link.loss = 1000;
    net.lose_flight();

    net.run_until(|net| net.connection(0, dialer).is_closed());

    // The rest of the listener's flight may have come in the same moment; then it was done.
    let reason = net.close_reason(0, dialer).unwrap().clone();
    assert!(
        matches!(
            reason,
            CloseReason::HandshakeTimeout {
                phase: HandshakePhase::Unfinished,
                ..
            } | CloseReason::IdleTimeout { .. }
        ),
        "{reason:?}"
    );
    let listener = net.only_peer(1);
    assert!(
        matches!(
            listener.connection.close_reason(),
            Some(CloseReason::HandshakeTimeout {
                phase: HandshakePhase::Unfinished,
                ..
            })
        ),
        "{:?}",
        listener.connection.close_reason()
    );
}

#[test]
fn connects_through_a_retry() {
    let mut net = Net::of(2);
    net.nodes[1].policy = Policy::RetryThenAccept;

    let (net, ..) = Net::connect(net);

    assert_eq!(net.nodes[1].incoming, 2);
}

#[test]
fn says_that_it_was_refused() {
    let mut net = Net::of(2);
    net.nodes[1].policy = Policy::Refuse;

    let dialer = net.dial(0, 1);
    net.settle();

    assert_eq!(net.close_reason(0, dialer), Some(&CloseReason::Refused));
    assert_eq!(net.nodes[1].endpoint.connection_count(), 0);
}
