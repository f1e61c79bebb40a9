//! First packets of QUIC that nobody wants: what a flood of them costs whoever is flooded.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::BytesMut;
use sinew_quic_proto::{Config, Dial, Endpoint, Incoming, Parameters, Routed, opens_connection};
use sinew_sans_io::Datagram;
use sinew_testkit::epoch;

use super::Work;
use super::world::{Identity, Wall};

/// Looked at as the gate in front of the endpoint does, which lets none of them in.
pub(super) fn gated() -> Work {
    let flood = flood();
    Box::new(move || {
        let opening = flood.iter().filter(|it| opens_connection(it)).count();
        assert_eq!(opening, flood.len());
    })
}

pub(super) fn ignored() -> Work {
    decided(Endpoint::ignore, 0)
}

pub(super) fn refused() -> Work {
    decided(Endpoint::refuse, FLOOD)
}

pub(super) fn retried() -> Work {
    decided(Endpoint::retry, FLOOD)
}

/// Decides each of them in the same way, and takes the answers.
fn decided(decide: fn(&mut Endpoint, Incoming), answers: usize) -> Work {
    let flood = flood();
    let mut victim = endpoint(2);
    let mut out = Vec::new();
    Box::new(move || {
        let (mut came, mut went, mut answered) = (0, 0, 0);
        for payload in &flood {
            came += payload.len();
            let datagram = Datagram {
                remote: address(1),
                local_ip: Some(address(2).ip()),
                ecn: None,
                payload: payload.clone(),
            };
            match victim.handle_datagram(epoch(), datagram) {
                Some(Routed::Incoming(incoming)) => decide(&mut victim, incoming),
                _ => panic!("a first packet asks for a connection"),
            }
            while let Some(transmit) = victim.poll_transmit(&mut out) {
                answered += transmit.datagrams(&out).count();
                went += out.len();
                out.clear();
            }
        }
        assert_eq!(answered, answers);
        assert!(went * 3 <= came, "{went} bytes for {came}");
        assert_eq!(victim.connection_count(), 0, "something is remembered");
    })
}

/// First packets of as many dials.
fn flood() -> Vec<BytesMut> {
    let mut dialer = endpoint(1);
    let mut flood = Vec::new();
    let mut out = Vec::new();
    for _ in 0..FLOOD {
        let dial = Dial {
            remote: address(2),
            local_ip: None,
            expected: None,
        };
        let (_, mut connection) = dialer.dial(epoch(), dial).expect("there is room");
        let transmit = connection.poll_transmit(epoch(), NonZeroUsize::MIN, &mut out);
        let transmit = transmit.expect("it says something first");
        flood.extend(transmit.datagrams(&out).map(BytesMut::from));
        out.clear();
    }
    assert_eq!(flood.len(), FLOOD);
    flood
}

fn endpoint(number: u8) -> Endpoint {
    let identity = Identity::seeded(number);
    let endpoint = Endpoint::new(Parameters {
        keypair: &identity.keypair,
        socket: address(number),
        certificate: &identity.certificate,
        config: Config::default(),
        provider: identity.provider,
        time: Arc::new(Wall),
        seed: identity.seed,
    });
    endpoint.expect("the defaults")
}

fn address(host: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], 4001))
}

const FLOOD: usize = 100;
