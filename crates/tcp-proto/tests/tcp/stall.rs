//! Peers that fall silent.

use bytes::BytesMut;
use sinew_sans_io::{Machine as _, Role, StreamMachine as _};
use sinew_tcp_proto::{CloseReason, Config, Error, Fault, Phase, Security};
use sinew_testkit::epoch;

use crate::{pair::connected, transcript::CASES};

#[test]
fn a_peer_that_stalls_in_the_set_up_is_dropped_when_its_time_is_over() {
    let after = Config::default().handshake_timeout;
    for case in CASES {
        for role in [Role::Dialer, Role::Listener] {
            let transcript = case.transcript(role);
            for phase in [
                Phase::Negotiation,
                Phase::Handshake,
                Phase::MuxerNegotiation,
            ] {
                let Some(start) = transcript.start_of(phase) else {
                    continue;
                };
                let mut machine = transcript.machine();
                let mut input = BytesMut::from(&transcript.heard[..start]);
                machine.handle_input(epoch(), &mut input).unwrap();
                let deadline = machine.poll_timeout().unwrap();

                assert_eq!(deadline.at, epoch() + after);
                assert_eq!(machine.handle_timeout(epoch() + after / 2), Ok(()));
                let error = machine.handle_timeout(deadline.at).unwrap_err();

                assert_eq!(error, Error::TimedOut { phase, after });
                assert_eq!(error.fault(), Fault::Network);
                assert_eq!(machine.poll_timeout(), None);
                let mut out = Vec::new();
                while machine.poll_transmit(deadline.at, &mut out).is_some() {}
                assert!(machine.is_drained());
            }
        }
    }
}

#[test]
fn the_time_of_the_set_up_is_not_renewed_by_bytes_that_trickle_in() {
    let after = Config::default().handshake_timeout;
    for case in CASES {
        let transcript = case.transcript(Role::Listener);
        let mut machine = transcript.machine();
        let mut input = BytesMut::new();
        for &byte in &transcript.heard[..transcript.start_of(Phase::Handshake).unwrap() + 9] {
            input.extend_from_slice(&[byte]);
            machine
                .handle_input(epoch() + after / 2, &mut input)
                .unwrap();
        }
        assert_eq!(machine.poll_timeout().unwrap().at, epoch() + after);
    }
}

#[test]
fn a_peer_that_falls_silent_later_is_pinged_and_then_given_up() {
    let yamux = Config::default().yamux;
    for security in Security::ALL {
        let mut net = connected(security);
        let dialer = &mut net.dialer;
        let ping = dialer.deadline().unwrap();
        assert!(ping.at <= epoch() + yamux.keep_alive.unwrap());
        dialer.expire(ping.at);
        assert!(!dialer.drain(ping.at).is_empty());
        let end = dialer.deadline().unwrap();

        dialer.expire(end.at);

        let after = yamux.ping_timeout;
        assert_eq!(dialer.error, Some(Error::Silent { after }));
        let reason = CloseReason::Failed(Error::Silent { after });
        assert_eq!(dialer.machine.close_reason(), Some(&reason));
        assert_eq!(Error::Silent { after }.phase(), Phase::Open);
    }
}
