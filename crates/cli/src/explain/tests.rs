//! Tests of explanations: each fault has its own kind, its own sentence and its own advice.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use sinew::{Cause, CloseReason, Keypair};
use sinew_quic_proto::CloseReason as QuicReason;
use sinew_tls::{CertificateError, Validity};

use super::{connection::close, *};

#[test]
fn each_fault_has_its_own_kind_sentence_and_culprit() {
    let expired = |now_years: u64| CertificateError::Expired(validity(now_years, 0, 1));
    let cases = [
        (
            failed(CloseReason::WrongPeer {
                expected: peer(1),
                actual: peer(2),
            }),
            Kind::WrongPeer,
            Fault::Unknown,
            "wrong peer id",
        ),
        (
            failed(rejected_with(QuicReason::Refused)),
            Kind::Refused,
            Fault::Peer,
            "takes no new connections",
        ),
        (
            unreachable_because(io::ErrorKind::ConnectionRefused),
            Kind::Refused,
            Fault::Peer,
            "nobody listens",
        ),
        (
            unreachable_because(io::ErrorKind::NetworkUnreachable),
            Kind::Unreachable,
            Fault::Network,
            "unreachable",
        ),
        (
            failed(CloseReason::HandshakeTimedOut {
                after: Duration::from_secs(10),
                phase: sinew::Phase::Contact,
            }),
            Kind::Timeout,
            Fault::Network,
            "no answer",
        ),
        (
            failed(CloseReason::HandshakeTimedOut {
                after: Duration::from_secs(10),
                phase: sinew::Phase::Negotiation,
            }),
            Kind::Timeout,
            Fault::Network,
            "did not get past the negotiation",
        ),
        (
            failed(rejected_with(QuicReason::NoCommonProtocol)),
            Kind::NoCommonProtocol,
            Fault::Peer,
            "not libp2p",
        ),
        (
            failed(CloseReason::Unauthenticated(Cause::new(
                CertificateError::ExtensionSignature,
            ))),
            Kind::BadCertificate,
            Fault::Peer,
            "bad certificate",
        ),
        (
            failed(CloseReason::Unauthenticated(Cause::new(expired(60)))),
            Kind::CertificateTime,
            Fault::Peer,
            "has expired",
        ),
        (
            failed(rejected_with(QuicReason::RemoteTls {
                alert: 45,
                reason: Bytes::new(),
            })),
            Kind::CertificateTime,
            Fault::Unknown,
            "certificate of this side",
        ),
        (
            DialError::Unsupported {
                address: "/ip4/192.0.2.7/tcp/4001".parse().unwrap(),
            },
            Kind::BadAddress,
            Fault::Us,
            "cannot be dialed here",
        ),
    ];

    for (error, kind, fault, words) in cases {
        let failure = dial(&error, &address());

        assert_eq!(
            (failure.kind(), failure.fault()),
            (kind, Some(fault)),
            "{failure}"
        );
        let text = failure.to_string();
        assert!(text.contains(words), "{text}");
        assert!(
            text.contains("at fault:") && text.contains("what to do:"),
            "{text}"
        );
    }
}

#[test]
fn a_wrong_peer_is_told_with_both_ids() {
    let reason = CloseReason::WrongPeer {
        expected: peer(1),
        actual: peer(2),
    };

    let text = close(&reason, &address()).to_string();

    assert!(text.contains(&peer(1).to_string()) && text.contains(&peer(2).to_string()));
}

#[test]
fn the_clock_that_is_wrong_is_found_where_one_side_can_know() {
    let not_yet = |now, from| CertificateError::NotYetValid(validity(now, from, from + 100));
    let expired = |now, until| CertificateError::Expired(validity(now, until, until));

    for (error, fault) in [
        // We live in 1980, or in 2120.
        (not_yet(10, 56), Fault::Us),
        (expired(150, 140), Fault::Us),
        // The certificate is of 2150, or of 1970.
        (not_yet(57, 180), Fault::Peer),
        (expired(57, 1), Fault::Peer),
        // A matter of years either way.
        (not_yet(57, 58), Fault::Unknown),
        (expired(57, 56), Fault::Unknown),
    ] {
        assert_eq!(certificate(&error).fault(), Some(fault), "{error}");
    }
}

fn failed(reason: CloseReason) -> DialError {
    DialError::Failed {
        phase: sinew::Phase::Handshake,
        reason,
    }
}

fn rejected_with(reason: QuicReason) -> CloseReason {
    CloseReason::Rejected(Cause::new(reason))
}

fn unreachable_because(kind: io::ErrorKind) -> DialError {
    DialError::Unreachable {
        remote: SocketAddr::from(([192, 0, 2, 7], 4001)),
        source: Arc::new(kind.into()),
    }
}

fn address() -> Address {
    "/ip4/192.0.2.7/udp/4001/quic-v1".parse().unwrap()
}

fn peer(seed: u8) -> PeerId {
    Keypair::ed25519_from_secret([seed; 32]).peer_id()
}

/// Times in years after 1970.
fn validity(now: u64, not_before: u64, not_after: u64) -> Validity {
    let year = |years: u64| UNIX_EPOCH + Duration::from_secs(years * 31_557_600);
    Validity {
        not_before: year(not_before),
        not_after: year(not_after),
        now: year(now),
    }
}
