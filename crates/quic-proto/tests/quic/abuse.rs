//! What strangers can send, and what it must not do.

use std::{net::SocketAddr, time::Duration};

use bytes::BytesMut;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sinew_quic_proto::{CloseReason, Event, Routed, opens_connection};
use sinew_sans_io::Datagram;
use sinew_tls::{CertificateError, dangerous::forged_certificate};

use crate::{
    net::{Build, Net, Policy, noise, wall},
    stranger::Stranger,
};

/// A node that says to be somebody else.
fn impostor(of: &Build) -> Build {
    let mut rng = StdRng::seed_from_u64(8);
    let build = Build::seeded(66);
    let (claimed, forger) = (of.keypair.public(), &build.keypair);
    let certificate = forged_certificate(&claimed, forger, &mut rng, wall()).unwrap();
    Build {
        certificate: Some(certificate),
        ..build
    }
}

#[test]
fn finds_out_a_listener_with_a_forged_certificate() {
    let victim = Build::seeded(2);
    let claimed = victim.keypair.peer_id();
    let mut net = Net::build([Build::seeded(1), impostor(&victim)]);

    let dialer = net.dial_expecting(0, 1, Some(claimed));
    net.settle();

    let forged = CloseReason::Certificate(CertificateError::ExtensionSignature);
    assert_eq!(net.close_reason(0, dialer), Some(&forged));
    assert_eq!(net.events(0, dialer), [Event::Closed(forged)]);
    assert!(net.connection(0, dialer).peer().is_none());
}

#[test]
fn finds_out_a_dialer_with_a_forged_certificate() {
    let victim = Build::seeded(2);
    let mut net = Net::build([impostor(&victim), Build::seeded(1)]);

    net.dial(0, 1);
    net.settle();

    let forged = CloseReason::Certificate(CertificateError::ExtensionSignature);
    assert_eq!(net.only_peer(1).events, [Event::Closed(forged)]);
    assert!(net.only_peer(1).connection.peer().is_none());
}

#[test]
fn refuses_a_dialer_without_a_certificate_and_tells_it_no_reason() {
    let mut net = Net::of(2);
    let mut stranger = Stranger::without_certificate(&net, 1, b"libp2p");

    stranger.talk(&mut net, 1);

    let missing = CloseReason::Certificate(CertificateError::Missing);
    assert_eq!(net.only_peer(1).events, [Event::Closed(missing)]);
    // certificate_required, and not a word more.
    assert_eq!(stranger.closed_with(), Some((0x100 + 116, Vec::new())));
}

#[test]
fn refuses_a_dialer_that_does_not_speak_libp2p() {
    let mut net = Net::of(2);
    let mut stranger = Stranger::without_certificate(&net, 1, b"h3");

    stranger.talk(&mut net, 1);

    assert_eq!(
        *net.nodes[1].refusals[0].reason,
        CloseReason::NoCommonProtocol
    );
    assert_eq!(net.nodes[1].endpoint.connection_count(), 0);
    // no_application_protocol
    assert_eq!(stranger.closed_with(), Some((0x100 + 120, Vec::new())));
}

#[test]
fn survives_noise_and_damaged_packets() {
    let (mut net, dialer, listener) = Net::connected();
    let mut rng = StdRng::seed_from_u64(3);
    let strangers = [net.nodes[0].addr, SocketAddr::from(([203, 0, 113, 5], 9))];
    let seen = net.wire.clone();

    for round in 0..2000 {
        let mut payload = if round % 2 == 0 {
            noise(round, rng.random_range(0..1500))
        } else {
            seen[rng.random_range(0..seen.len())].clone()
        };
        if !payload.is_empty() {
            let at = rng.random_range(0..payload.len());
            payload[at] ^= rng.random::<u8>();
            payload.truncate(rng.random_range(0..=payload.len()));
        }
        let from = strangers[rng.random_range(0..2)];
        net.inject(from, 1, &payload);
    }
    net.settle();
    let stream = net.peer(0, dialer).open_with(b"still here");
    net.settle();

    let connection = net.connection(1, listener);
    assert_eq!(connection.accept_stream(), Some(stream));
    assert_eq!(connection.read(stream, 100).unwrap().unwrap(), "still here");
}

#[test]
fn holds_no_more_undecided_handshakes_than_it_was_told() {
    let net = Net::build([
        Build::seeded(1),
        Build::with_config(2, |config| config.max_incoming = 4),
    ]);
    let mut net = net;
    for _ in 0..10 {
        net.dial(0, 1);
    }
    let first_packets = net.intercept(1);
    let (now, from) = (net.now, net.nodes[0].addr);

    let endpoint = &mut net.nodes[1].endpoint;
    let mut waiting = Vec::new();
    for payload in &first_packets {
        assert!(opens_connection(payload));
        let datagram = Datagram {
            remote: from,
            local_ip: None,
            ecn: None,
            payload: BytesMut::from(&payload[..]),
        };
        match endpoint.handle_datagram(now, datagram) {
            Some(Routed::Incoming(incoming)) => waiting.push(incoming),
            other => assert!(other.is_none()),
        }
    }

    assert_eq!((first_packets.len(), waiting.len()), (10, 4));
    for incoming in waiting {
        endpoint.ignore(incoming);
    }
}

#[test]
fn queues_no_more_answers_to_strangers_than_it_was_told() {
    let mut net = Net::build([Build::with_config(1, |config| config.max_responses = 3)]);
    let now = net.now;
    let endpoint = &mut net.nodes[0].endpoint;

    for port in 1..20 {
        let mut payload = BytesMut::from(&[0xc0, 0xba, 0xba, 0xba, 0xba, 8][..]);
        payload.resize(1200, 7);
        let datagram = Datagram {
            remote: SocketAddr::from(([203, 0, 113, 5], port)),
            local_ip: None,
            ecn: None,
            payload,
        };
        assert!(endpoint.handle_datagram(now, datagram).is_none());
    }

    let mut out = Vec::new();
    let mut answers = 0;
    while endpoint.poll_transmit(&mut out).is_some() {
        answers += 1;
    }
    assert_eq!(answers, 3);
}

#[test]
fn remembers_nothing_of_handshakes_that_were_sent_a_retry() {
    let mut net = Net::of(2);
    net.nodes[1].policy = Policy::RetryThenAccept;
    for _ in 0..100 {
        net.dial(0, 1);
    }

    for payload in net.intercept(1) {
        let nowhere = SocketAddr::from(([203, 0, 113, 5], 9));
        net.inject(nowhere, 1, &payload);
    }

    assert_eq!(net.nodes[1].incoming, 100);
    assert_eq!(net.nodes[1].endpoint.connection_count(), 0);
}

#[test]
fn asks_for_a_proof_of_address_over_a_network_that_loses_doubles_and_reorders() {
    for seed in 0..10 {
        let mut net = Net::of(2);
        net.reseed(seed);
        net.nodes[1].policy = Policy::RetryThenAccept;
        net.link.loss = 150;
        net.link.duplication = 300;
        net.link.jitter = Duration::from_millis(40);

        let dialers: Vec<_> = (0..10).map(|_| net.dial(0, 1)).collect();

        for dialer in dialers {
            net.run_until(|net| {
                let connection = &net.nodes[0].connections[&dialer].connection;
                connection.is_confirmed() || connection.close_reason().is_some()
            });
        }
        let confirmed = net.nodes[0].connections.values();
        let confirmed = confirmed.filter(|it| it.connection.is_confirmed()).count();
        assert!(confirmed >= 8, "seed {seed}: {confirmed} of 10");
    }
}

#[test]
fn ends_the_handshakes_of_a_thousand_dials_to_nobody() {
    let mut net = Net::of(2);
    net.nodes[1].policy = Policy::Ignore;
    for _ in 0..1000 {
        net.dial(0, 1);
    }

    net.run_for(Duration::from_secs(30));

    assert_eq!(net.nodes[0].endpoint.connection_count(), 0);
    for peer in net.nodes[0].connections.values() {
        assert!(matches!(peer.events[..], [Event::Closed(_)]));
    }
}
