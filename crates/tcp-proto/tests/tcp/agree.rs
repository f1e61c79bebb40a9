//! Every way in which two hosts can come to an understanding.

use sinew_tcp_proto::{Event, MuxerChoice, Phase, Security};

use crate::pair::{Build, pair, receive, send};

/// What both hosts can do, and what comes of it.
struct Case {
    dialer: (&'static [Security], bool),
    listener: (&'static [Security], bool),
    security: Security,
    muxer: MuxerChoice,
}

const TLS: &[Security] = &[Security::Tls];
const NOISE: &[Security] = &[Security::Noise];
const BOTH: &[Security] = &[Security::Tls, Security::Noise];
const NOISE_FIRST: &[Security] = &[Security::Noise, Security::Tls];

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let securities = [
        (TLS, TLS, Security::Tls),
        (NOISE, NOISE, Security::Noise),
        (BOTH, BOTH, Security::Tls),
        (BOTH, NOISE, Security::Noise),
        (BOTH, TLS, Security::Tls),
        (NOISE, BOTH, Security::Noise),
        (NOISE_FIRST, BOTH, Security::Noise),
        (NOISE_FIRST, TLS, Security::Tls),
    ];
    for (dialer, listener, security) in securities {
        for (dialer_knows, listener_knows) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            let muxer = match (dialer_knows && listener_knows, security) {
                (false, _) => MuxerChoice::Negotiated,
                (true, Security::Tls) => MuxerChoice::InTls,
                (true, Security::Noise) => MuxerChoice::InNoise,
            };
            cases.push(Case {
                dialer: (dialer, dialer_knows),
                listener: (listener, listener_knows),
                security,
                muxer,
            });
        }
    }
    cases
}

#[test]
fn two_hosts_agree_whatever_each_of_them_knows() {
    for case in cases() {
        let host = |number, (securities, knows)| {
            Build::new(number)
                .securities(securities)
                .early_muxer(knows)
                .endpoint()
        };
        let (dialer, listener) = (host(1, case.dialer), host(2, case.listener));
        let mut net = pair(&dialer, &listener);
        net.run();

        assert_eq!(net.dialer.error, None);
        assert_eq!(net.listener.error, None);
        for (side, peer) in [(&net.dialer, &listener), (&net.listener, &dialer)] {
            assert_eq!(
                side.events,
                [
                    Event::Connected {
                        peer: peer.peer_id()
                    },
                    Event::HandshakeConfirmed
                ]
            );
            assert_eq!(side.machine.security(), Some(case.security));
            assert_eq!(side.machine.muxer(), Some(case.muxer));
            assert_eq!(side.machine.phase(), Phase::Open);
            assert_eq!(side.machine.peer().unwrap().peer_id, peer.peer_id());
        }

        let stream = send(&mut net.dialer.machine, b"over to you");
        net.run();
        assert_eq!(net.listener.machine.accept_stream(), Some(stream));
        let heard = receive(&mut net.listener.machine, stream);
        assert_eq!(heard.unwrap(), b"over to you");
    }
}
