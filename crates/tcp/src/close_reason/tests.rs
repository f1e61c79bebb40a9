//! Each end has its own reason.

use std::time::Duration;

use sinew_identity::Keypair;

use super::*;

#[test]
fn a_connection_that_is_cut_was_refused_before_it_was_established_and_reset_after() {
    let cut = |phase| failed(&Error::Truncated { phase });

    assert!(matches!(
        cut(proto::Phase::Negotiation),
        CloseReason::Rejected(_)
    ));
    assert!(matches!(
        cut(proto::Phase::Handshake),
        CloseReason::Rejected(_)
    ));
    assert!(matches!(
        cut(proto::Phase::MuxerNegotiation),
        CloseReason::Rejected(_)
    ));
    assert!(matches!(cut(proto::Phase::Open), CloseReason::Reset));
    let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
    assert!(matches!(broken(reset(), false), CloseReason::Rejected(_)));
    assert!(matches!(broken(reset(), true), CloseReason::Reset));
}

#[test]
fn who_could_not_prove_who_it_is_is_told_from_who_broke_a_rule() {
    let noise = |violation| {
        failed(&Error::Violation {
            phase: proto::Phase::Handshake,
            violation: Violation::Noise {
                message: sinew_noise_proto::Message::Second,
                violation,
            },
        })
    };

    assert!(matches!(
        noise(Noise::BadSignature),
        CloseReason::Unauthenticated(_)
    ));
    assert!(matches!(
        noise(Noise::MissingKey),
        CloseReason::Unauthenticated(_)
    ));
    assert!(matches!(noise(Noise::Decrypt), CloseReason::Violation(_)));
}

#[test]
fn an_answer_by_somebody_else_names_both() {
    let [expected, actual] =
        [1, 2].map(|secret| Keypair::ed25519_from_secret([secret; 32]).peer_id());

    let reason = failed(&Error::WrongPeer { expected, actual });

    let CloseReason::WrongPeer {
        expected: a,
        actual: b,
    } = reason
    else {
        panic!("{reason}");
    };
    assert_eq!((a, b), (expected, actual));
}

#[test]
fn what_the_peer_said_is_told_in_the_one_table_of_codes() {
    let code = |code| {
        let reason = translate(&proto::CloseReason::Remote { code });
        let CloseReason::Remote { code, .. } = reason else {
            panic!("{reason}");
        };
        code
    };

    assert_eq!(code(0), ConnectionCode::NO_ERROR);
    assert_eq!(code(1), ConnectionCode::PROTOCOL_VIOLATION);
    assert_eq!(code(0x1006), ConnectionCode::SHUTDOWN);
    assert!(matches!(
        translate(&proto::CloseReason::HungUp),
        CloseReason::Remote {
            code: ConnectionCode::NO_ERROR,
            ..
        }
    ));
}

#[test]
fn refused_unreachable_and_silent_hosts_are_told_apart() {
    let remote = "192.0.2.7:4001".parse().unwrap();
    let error = |kind: io::ErrorKind| connect_error(kind.into(), remote, Duration::from_secs(3));

    assert!(matches!(
        error(io::ErrorKind::ConnectionRefused),
        DialError::Refused { .. }
    ));
    assert!(matches!(
        error(io::ErrorKind::HostUnreachable),
        DialError::Unreachable { .. }
    ));
    assert!(matches!(
        error(io::ErrorKind::TimedOut),
        DialError::Failed {
            phase: Phase::Contact,
            reason: CloseReason::HandshakeTimedOut {
                phase: Phase::Contact,
                ..
            },
        }
    ));
    for kind in [
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::HostUnreachable,
    ] {
        assert_eq!(error(kind).phase(), Some(Phase::Contact));
    }
}

#[test]
fn silence_is_a_timeout_of_the_phase_in_which_it_was() {
    let after = Duration::from_secs(10);

    for (came_to, expected) in [
        (proto::Phase::Negotiation, Phase::Negotiation),
        (proto::Phase::Handshake, Phase::Handshake),
        (proto::Phase::MuxerNegotiation, Phase::Muxer),
    ] {
        let phase = came_to;
        let set_up = failed(&Error::TimedOut { phase, after });

        let CloseReason::HandshakeTimedOut { phase, .. } = set_up else {
            panic!("{set_up:?}");
        };
        assert_eq!(phase, expected);
        let dialed = dial_error(set_up, came_to);
        assert_eq!(dialed.phase(), Some(expected));
    }
    let open = failed(&Error::Silent { after });
    assert!(matches!(open, CloseReason::TimedOut { .. }));
}
