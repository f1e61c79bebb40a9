//! Peers that are not who they should be, or have nothing in common with us.

use std::time::Duration;

use bytes::BytesMut;
use rand::{SeedableRng as _, rngs::StdRng};
use sinew_sans_io::StreamMachine as _;
use sinew_tcp_proto::{
    CloseReason, Connection, Dial, Error, Event, Fault, Phase, RecordViolation, Security,
};
use sinew_testkit::{Conversation, epoch};
use sinew_tls::{Certificate, CertificateError, dangerous::forged_certificate};

use crate::pair::{Build, dial, host, keypair, wall};

#[test]
fn a_dialer_fails_when_all_that_it_offers_is_turned_down() {
    for (security, other) in [
        (Security::Tls, Security::Noise),
        (Security::Noise, Security::Tls),
    ] {
        let mut net = Conversation::new(
            dial(&host(1, security), None),
            host(2, other).accept(epoch(), [2; 32]),
        );
        net.run();

        assert_eq!(net.dialer.error, Some(Error::NoCommonSecurity));
        assert_eq!(Error::NoCommonSecurity.phase(), Phase::Negotiation);
        assert_eq!(Error::NoCommonSecurity.fault(), Fault::Nobody);
        assert!(net.dialer.events.is_empty());
        // What it hears behind the offer is the handshake that the dialer has begun.
        assert_eq!(net.listener.error, Some(Error::NoCommonSecurity));
    }
}

#[test]
fn a_security_protocol_that_was_not_configured_can_be_dialed_by_name() {
    let tls_only = host(1, Security::Tls);
    let dial = Dial {
        expected: None,
        security: Some(Security::Noise),
    };
    let listener = Build::new(2).endpoint().accept(epoch(), [2; 32]);
    let mut net = Conversation::new(tls_only.dial(epoch(), dial, [1; 32]), listener);
    net.run();
    assert_eq!(net.dialer.machine.security(), Some(Security::Noise));
    assert!(net.dialer.machine.is_confirmed());
}

#[test]
fn a_listener_turns_down_what_it_does_not_know_and_says_what_was_wrong() {
    let mut machine = Build::new(2).endpoint().accept(epoch(), [2; 32]);
    let mut input = BytesMut::from(&b"\x13/multistream/1.0.0\n\x0d/secio/1.0.0\n"[..]);
    machine.handle_input(epoch(), &mut input).unwrap();
    let mut out = Vec::new();
    while machine.poll_transmit(epoch(), &mut out).is_some() {}
    assert_eq!(out, b"\x13/multistream/1.0.0\n\x03na\n");

    assert_eq!(machine.handle_eof(epoch()), Err(Error::NoCommonSecurity));
}

#[test]
fn somebody_else_than_was_dialed_is_refused_and_not_told_who_dialed() {
    for security in Security::ALL {
        let (expected, actual) = (keypair(3).peer_id(), keypair(2).peer_id());
        let mut net = Conversation::new(
            dial(&host(1, security), Some(expected)),
            host(2, security).accept(epoch(), [2; 32]),
        );
        net.run();
        let error = Error::WrongPeer { expected, actual };
        assert_eq!(net.dialer.error, Some(error.clone()));
        assert_eq!(error.phase(), Phase::Handshake);
        assert_eq!(error.fault(), Fault::Peer);
        assert!(net.dialer.events.is_empty());
        net.listener.end(net.now);

        assert_eq!(net.listener.machine.peer(), None);
        assert!(net.listener.events.is_empty());
        let phase = Phase::Handshake;
        match security {
            Security::Tls => assert!(matches!(
                net.listener.error,
                Some(Error::RemoteAlert {
                    phase: Phase::Handshake,
                    ..
                })
            )),
            Security::Noise => {
                assert_eq!(net.listener.error, Some(Error::Truncated { phase }));
            }
        }
    }
}

#[test]
fn a_forged_certificate_is_refused_by_either_side() {
    let claimed = keypair(3).public();
    let mut rng = StdRng::seed_from_u64(1);
    let forged = forged_certificate(&claimed, &keypair(2), &mut rng, wall()).unwrap();
    let mut forger = Build::new(2).securities(&[Security::Tls]);
    forger.certificate = Some(forged);
    let forger = forger.endpoint();
    let honest = host(1, Security::Tls);
    let error = Error::Certificate(CertificateError::ExtensionSignature);

    let mut net = Conversation::new(
        dial(&honest, Some(claimed.to_peer_id())),
        forger.accept(epoch(), [2; 32]),
    );
    net.run();
    assert_eq!(net.dialer.error, Some(error.clone()));
    assert!(net.dialer.events.is_empty());

    let mut net = Conversation::new(dial(&forger, None), honest.accept(epoch(), [2; 32]));
    net.run();
    assert_eq!(net.listener.error, Some(error));
    assert!(net.listener.events.is_empty());
    assert_eq!(net.listener.machine.peer(), None);
    // The dialer learns of it a round trip after it knew whom it talks to.
    let peer = honest.peer_id();
    assert_eq!(net.dialer.events, [Event::Connected { peer }]);
    assert!(!net.dialer.machine.is_confirmed());
    let error = net.dialer.error.unwrap();
    assert_eq!(error.phase(), Phase::Handshake);
    assert!(matches!(error, Error::RemoteAlert { .. }));
}

#[test]
fn a_certificate_of_another_time_is_refused() {
    let later = wall() + Duration::from_secs(7200);
    let mut rng = StdRng::seed_from_u64(1);
    let certificate = Certificate::generate(&keypair(2), &mut rng, later).unwrap();
    let mut early = Build::new(2).securities(&[Security::Tls]);
    early.certificate = Some(certificate);
    let listener = early.endpoint().accept(epoch(), [2; 32]);
    let mut net = Conversation::new(dial(&host(1, Security::Tls), None), listener);
    net.run();

    let error = net.dialer.error.clone().unwrap();
    assert!(matches!(
        &error,
        Error::Certificate(CertificateError::NotYetValid(_))
    ));
    assert_eq!(
        net.dialer.machine.close_reason(),
        Some(&CloseReason::Failed(error))
    );
}

#[test]
fn nothing_in_clear_says_why_a_peer_was_refused() {
    let expected = keypair(3).peer_id();
    let actual = keypair(2).peer_id();
    let mut net = Conversation::new(
        dial(&host(1, Security::Tls), Some(expected)),
        host(2, Security::Tls).accept(epoch(), [2; 32]),
    );
    net.run();
    for id in [expected, actual] {
        for form in [id.to_string().into_bytes(), id.to_bytes()] {
            let sent = [&net.dialer.sent, &net.listener.sent];
            let says = |said: &&Vec<u8>| said.windows(form.len()).any(|text| text == form);
            assert!(!sent.iter().any(says));
        }
    }
}

#[test]
fn a_stranger_cannot_make_us_hold_more_than_a_handshake_takes() {
    let mut machine = Build::new(2).endpoint().accept(epoch(), [2; 32]);
    let mut input = BytesMut::from(&b"\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n"[..]);
    // A client hello of 65,535 bytes, in records of a thousand, and then another.
    let record = [&[22, 3, 1, 3, 0xe8][..], &[0; 1000]].concat();
    input.extend_from_slice(&record);
    let start = input.len() - 1000;
    input[start..start + 4].copy_from_slice(&[1, 0, 0xff, 0xff]);
    let mut used = 0;
    let error = loop {
        used += input.len();
        if let Err(error) = machine.handle_input(epoch(), &mut input) {
            break error;
        }
        assert!(input.is_empty());
        assert!(used < 100_000);
        input.extend_from_slice(&record);
    };
    let max = 64 << 10;
    let violation = RecordViolation::HandshakeTooLong { max }.into();
    let phase = Phase::Handshake;
    assert_eq!(error, Error::Violation { phase, violation });
}

/// A connection can go to another thread.
const _: fn() = || {
    fn check<T: Send>() {}
    check::<Connection>();
};
