//! Transport parameters that nobody may send.

use std::{net::SocketAddr, time::Duration};

use sinew_quic_proto::{CloseReason, ConnectionHandle};
use sinew_testkit::Heap;
use sinew_tls::{Certificate, Options};

use crate::{
    attacker::Frames,
    initial::{Hello, initial_source_connection_id},
    net::{Build, Net, wall},
};

#[test]
fn transport_parameters_that_keep_the_rules_are_taken() {
    let mut siege = Siege::begin();
    let grease = parameter(27, &[7; 16]);
    let all = [
        parameter(MAX_IDLE_TIMEOUT, &varint(30_000)),
        parameter(MAX_UDP_PAYLOAD_SIZE, &varint(1200)),
        parameter(INITIAL_MAX_DATA, &varint((1 << 62) - 1)),
        parameter(INITIAL_MAX_STREAMS_BIDI, &varint(1 << 60)),
        parameter(ACK_DELAY_EXPONENT, &varint(20)),
        parameter(MAX_ACK_DELAY, &varint((1 << 14) - 1)),
        parameter(ACTIVE_CONNECTION_ID_LIMIT, &varint((1 << 62) - 1)),
        parameter(DISABLE_ACTIVE_MIGRATION, &[]),
        grease,
    ];

    for one in &all {
        assert_eq!(siege.end_for(&with_id(one)), None, "{one:x?}");
    }
    assert_eq!(siege.end_for(&with_id(&all.concat())), None);
    // What is not known is not looked at, however much it is.
    assert_eq!(siege.end_for(&with_id(&parameter(27, &[7; 8000]))), None);
    siege.assert_others_served();
}

#[test]
fn transport_parameters_against_the_rules_end_the_connection_alone() {
    let mut siege = Siege::begin();
    let id = initial_source_connection_id(OWN);
    let twice = |one: Vec<u8>| with_id(&[one.clone(), one].concat());
    let preferred = |id: &[u8]| {
        let len = u8::try_from(id.len()).unwrap();
        [&[1; 24][..], &[len], id, &[2; 16]].concat()
    };
    for parameters in [
        // Without the one that nobody may leave out, with that of somebody else, too long, or twice.
        vec![],
        initial_source_connection_id(b"somebody"),
        initial_source_connection_id(&[]),
        initial_source_connection_id(&[7; 21]),
        [id.clone(), id].concat(),
        // In the middle of an id, of a length, of a value.
        with_id(&[0x40]),
        with_id(&[0x04]),
        with_id(&[0x04, 0x80]),
        with_id(&[0x04, 4, 0x80, 0, 0]),
        // Lengths beyond the end, as far as there are any.
        with_id(&[&[0x04][..], &varint((1 << 62) - 1), &[1]].concat()),
        with_id(&[&[0x1b][..], &varint((1 << 62) - 1), &[1]].concat()),
        with_id(&[&[0x0f][..], &varint(u64::from(u32::MAX)), &[1]].concat()),
        // Lengths that are not those of the value.
        with_id(&parameter(INITIAL_MAX_DATA, &[])),
        with_id(&parameter(INITIAL_MAX_DATA, &[1, 1])),
        with_id(&parameter(INITIAL_MAX_DATA, &[0x40, 1, 0])),
        with_id(&parameter(DISABLE_ACTIVE_MIGRATION, &[1])),
        with_id(&parameter(MAX_DATAGRAM_FRAME_SIZE, &[0; 9])),
        with_id(&parameter(MIN_ACK_DELAY, &[])),
        // Twice.
        twice(parameter(INITIAL_MAX_DATA, &varint(1))),
        twice(parameter(DISABLE_ACTIVE_MIGRATION, &[])),
        twice(parameter(MAX_DATAGRAM_FRAME_SIZE, &varint(1))),
        // Values that make no sense.
        with_id(&parameter(MAX_UDP_PAYLOAD_SIZE, &varint(1199))),
        with_id(&parameter(MAX_UDP_PAYLOAD_SIZE, &varint(0))),
        with_id(&parameter(INITIAL_MAX_STREAMS_BIDI, &varint((1 << 60) + 1))),
        with_id(&parameter(INITIAL_MAX_STREAMS_UNI, &varint((1 << 62) - 1))),
        with_id(&parameter(ACK_DELAY_EXPONENT, &varint(21))),
        with_id(&parameter(MAX_ACK_DELAY, &varint(1 << 14))),
        with_id(&parameter(MAX_ACK_DELAY, &varint((1 << 62) - 1))),
        with_id(&parameter(ACTIVE_CONNECTION_ID_LIMIT, &varint(1))),
        // Values that contradict each other.
        with_id(
            &[
                parameter(MAX_ACK_DELAY, &varint(1)),
                parameter(MIN_ACK_DELAY, &varint(1001)),
            ]
            .concat(),
        ),
        with_id(&parameter(MIN_ACK_DELAY, &varint((1 << 62) - 1))),
        // What a listener alone may say.
        with_id(&parameter(ORIGINAL_DESTINATION_CONNECTION_ID, TO)),
        with_id(&parameter(STATELESS_RESET_TOKEN, &[3; 16])),
        with_id(&parameter(RETRY_SOURCE_CONNECTION_ID, OWN)),
        with_id(&parameter(PREFERRED_ADDRESS, &preferred(b"there"))),
        // And that broken.
        with_id(&parameter(STATELESS_RESET_TOKEN, &[3; 15])),
        with_id(&parameter(PREFERRED_ADDRESS, &preferred(&[]))),
        with_id(&parameter(PREFERRED_ADDRESS, &preferred(&[4; 21]))),
        with_id(&parameter(PREFERRED_ADDRESS, &[1; 24])),
        with_id(&parameter(PREFERRED_ADDRESS, &[0xff; 25])),
        with_id(&parameter(PREFERRED_ADDRESS, &[])),
    ] {
        let end = siege.end_for(&parameters);

        assert!(
            matches!(
                end,
                Some(CloseReason::Violation {
                    code: TRANSPORT_PARAMETER_ERROR,
                    ..
                })
            ),
            "{parameters:x?}: {end:?}"
        );
    }
    siege.assert_others_served();
}

#[test]
fn transport_parameters_that_are_missing_or_come_twice_are_not_taken_by_tls() {
    let mut siege = Siege::begin();
    let id = initial_source_connection_id(OWN);
    let extension = [&[0, 0x39, 0, u8::try_from(id.len()).unwrap()][..], &id].concat();
    for extension in [vec![], [extension.clone(), extension].concat()] {
        let mut hello = siege.hello();
        hello.set_extension(&extension);

        let end = siege.end_of(&hello);

        assert!(
            matches!(end, Some(CloseReason::Tls { .. })),
            "{extension:x?}: {end:?}"
        );
    }
    siege.assert_others_served();
}

#[test]
fn giant_transport_parameters_take_bounded_memory() {
    let mut siege = Siege::begin();
    let mut hello = siege.hello();
    hello.set_parameters(&with_id(&parameter(27, &[7; 60_000])));
    let in_order = hello.datagrams(b"in order", OWN);
    // Out of order it would have to be kept.
    let mut reversed = hello.datagrams(b"reversed", OWN);
    reversed.reverse();
    // More than TLS allows.
    hello.message[1] = 0xff;
    let endless = hello.datagrams(b"for ever", OWN);

    for (datagrams, expected) in [
        // What is not known is not looked at.
        (in_order, None),
        (reversed, Some(CRYPTO_BUFFER_EXCEEDED)),
        (endless, Some(PROTOCOL_VIOLATION)),
    ] {
        let heap = Heap::begin();

        let end = siege.end_after(&datagrams);

        let code = end.as_ref().map(|end| match end {
            CloseReason::Violation { code, .. } => *code,
            _ => panic!("{end:?}"),
        });
        assert_eq!(code, expected);
        assert!(heap.peak() < BOUND, "{} bytes", heap.peak());
    }
    siege.assert_others_served();
}

#[test]
fn transport_parameters_damaged_anywhere_are_taken_or_end_the_connection_alone() {
    let mut siege = Siege::begin();
    let good = with_id(
        &[
            parameter(INITIAL_MAX_DATA, &varint(1 << 20)),
            parameter(MAX_ACK_DELAY, &varint(25)),
            parameter(DISABLE_ACTIVE_MIGRATION, &[]),
            parameter(MIN_ACK_DELAY, &varint(1000)),
            parameter(ACTIVE_CONNECTION_ID_LIMIT, &varint(5)),
        ]
        .concat(),
    );
    let cut = (0..good.len()).map(|len| good[..len].to_vec());
    let damaged = (0..good.len()).flat_map(|at| {
        [0x00, 0x01, 0x0d, 0x3f, 0xff].map(|byte| {
            let mut damaged = good.clone();
            damaged[at] = byte;
            damaged
        })
    });
    let mut ended = 0;
    for parameters in cut.chain(damaged) {
        match siege.end_for(&parameters) {
            None => {}
            Some(CloseReason::Violation {
                code: TRANSPORT_PARAMETER_ERROR,
                ..
            }) => ended += 1,
            end => panic!("{parameters:x?}: {end:?}"),
        }
    }

    assert!(ended > 2 * good.len(), "{ended}");
    siege.assert_others_served();
}

/// A host with an honest peer, and strangers who say hello.
struct Siege {
    net: Net,
    honest: ConnectionHandle,
    host: ConnectionHandle,
    certificate: Certificate,
    options: Options,
    strangers: u16,
}

impl Siege {
    fn begin() -> Self {
        let (net, honest, host) = Net::connected();
        let build = Build::seeded(99);
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(99);
        let certificate = Certificate::generate(&build.keypair, &mut rng, wall()).unwrap();
        let options = Options::quic(build.provider, net.nodes[1].clock());
        Self {
            net,
            honest,
            host,
            certificate,
            options,
            strangers: 0,
        }
    }

    fn hello(&self) -> Hello {
        Hello::new(&self.certificate, &self.options, OWN)
    }

    fn end_for(&mut self, parameters: &[u8]) -> Option<CloseReason> {
        let mut hello = self.hello();
        hello.set_parameters(parameters);
        self.end_of(&hello)
    }

    /// Says hello as somebody new, and returns why the host has ended the connection, if it has.
    fn end_of(&mut self, hello: &Hello) -> Option<CloseReason> {
        let to = [TO, &self.strangers.to_be_bytes()].concat();
        self.end_after(&hello.datagrams(&to, OWN))
    }

    fn end_after(&mut self, datagrams: &[Vec<u8>]) -> Option<CloseReason> {
        self.strangers += 1;
        let from = SocketAddr::from(([203, 0, 113, 99], self.strangers));
        let refusals = self.net.nodes[1].refusals.len();
        for datagram in datagrams {
            self.net.inject(from, 1, datagram);
        }
        let node = &self.net.nodes[1];
        if let Some(error) = node.refusals.get(refusals) {
            assert_eq!(error.remote, from);
            return Some((*error.reason).clone());
        }
        let mut peers = node.connections.values();
        let of_us = peers.find(|it| it.connection.remote_address() == from);
        of_us.unwrap().connection.close_reason().cloned()
    }

    /// Asserts that the host serves the honest peer as ever, and nobody else after a while.
    fn assert_others_served(&mut self) {
        // What is over is remembered for a while, which is longer the longer a peer's own delays are.
        self.net.run_for(Duration::from_secs(100));
        assert_eq!(self.net.nodes[1].endpoint.connection_count(), 1);
        let stream = self.net.peer(0, self.honest).open_with(b"as ever");
        self.net.settle();
        let connection = self.net.connection(1, self.host);
        assert_eq!(connection.accept_stream(), Some(stream));
        assert_eq!(connection.read(stream, 100).unwrap().unwrap(), "as ever");
    }
}

/// Adds the one that nobody may leave out.
fn with_id(parameters: &[u8]) -> Vec<u8> {
    [&initial_source_connection_id(OWN)[..], parameters].concat()
}

// [RFC 9000 §18] Identifier, length and value.
pub(crate) fn parameter(id: u64, value: &[u8]) -> Vec<u8> {
    let header = Frames::default().varint(id).varint(value.len() as u64);
    header.bytes(value).0
}

pub(crate) fn varint(value: u64) -> Vec<u8> {
    Frames::default().varint(value).0
}

/// What is held on behalf of somebody who is not known, in bytes: a message of TLS of the largest size, once as it
/// came and once put together, and what grows takes its old room and its new.
const BOUND: usize = 384 << 10;

/// What the strangers call the host at first, and what it shall call them.
const TO: &[u8] = b"the host";
const OWN: &[u8] = b"stranger";

// [RFC 9000 §18.2]
pub(crate) const ORIGINAL_DESTINATION_CONNECTION_ID: u64 = 0x00;
pub(crate) const MAX_IDLE_TIMEOUT: u64 = 0x01;
pub(crate) const STATELESS_RESET_TOKEN: u64 = 0x02;
pub(crate) const MAX_UDP_PAYLOAD_SIZE: u64 = 0x03;
pub(crate) const INITIAL_MAX_DATA: u64 = 0x04;
pub(crate) const INITIAL_MAX_STREAMS_BIDI: u64 = 0x08;
pub(crate) const INITIAL_MAX_STREAMS_UNI: u64 = 0x09;
pub(crate) const ACK_DELAY_EXPONENT: u64 = 0x0a;
pub(crate) const MAX_ACK_DELAY: u64 = 0x0b;
pub(crate) const DISABLE_ACTIVE_MIGRATION: u64 = 0x0c;
pub(crate) const PREFERRED_ADDRESS: u64 = 0x0d;
pub(crate) const ACTIVE_CONNECTION_ID_LIMIT: u64 = 0x0e;
pub(crate) const RETRY_SOURCE_CONNECTION_ID: u64 = 0x10;
/// [RFC 9221 §3]
pub(crate) const MAX_DATAGRAM_FRAME_SIZE: u64 = 0x20;
/// [draft-ietf-quic-ack-frequency §3]
pub(crate) const MIN_ACK_DELAY: u64 = 0xff04_de1b;

// [RFC 9000 §20.1]
pub(crate) const TRANSPORT_PARAMETER_ERROR: u64 = 0x08;
const PROTOCOL_VIOLATION: u64 = 0x0a;
const CRYPTO_BUFFER_EXCEEDED: u64 = 0x0d;
