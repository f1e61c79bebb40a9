//! What a peer can send that has come in by the rules, and what it must not do to others.

use std::time::Duration;

use bytes::Bytes;
use sinew_quic_proto::{CloseReason, ConnectionHandle};

use crate::{
    attacker::{Attacker, Frames},
    net::Net,
};

/// A host with an honest peer and an attacker.
struct Siege {
    net: Net,
    honest: ConnectionHandle,
    host: ConnectionHandle,
    attacker: Attacker,
}

impl Siege {
    fn begin() -> Self {
        let (mut net, honest, host) = Net::connected();
        let attacker = Attacker::connect(&mut net, 1);
        Self {
            net,
            honest,
            host,
            attacker,
        }
    }

    fn send(&mut self, frames: Frames) {
        self.attacker.send(&mut self.net, &frames.0);
    }

    fn end(&self) -> Option<CloseReason> {
        self.attacker.end(&self.net)
    }

    /// Asserts that the host has ended the attacker's connection for this rule.
    fn assert_violation(&self, expected: u64) {
        let end = self.end();
        let Some(CloseReason::Violation { code, .. }) = end else {
            panic!("{end:?}");
        };
        assert_eq!(code, expected, "{end:?}");
    }

    /// Asserts that the host serves the honest peer as ever.
    fn assert_others_served(&mut self) {
        self.net.settle();
        let stream = self.net.peer(0, self.honest).open_with(b"as ever");
        self.net.settle();
        let connection = self.net.connection(1, self.host);
        assert_eq!(connection.accept_stream(), Some(stream));
        assert_eq!(connection.read(stream, 100).unwrap().unwrap(), "as ever");
    }
}

#[test]
fn frames_that_no_peer_may_send_end_its_connection_alone() {
    let frames = Frames::default;
    for (expected, sent) in [
        // HANDSHAKE_DONE comes from servers alone.
        (PROTOCOL_VIOLATION, frames().byte(0x1e)),
        (PROTOCOL_VIOLATION, frames().byte(0x07).varint(1).byte(0)),
        // There is no such frame.
        (FRAME_ENCODING_ERROR, frames().varint(0x3fff)),
        (FRAME_ENCODING_ERROR, frames().varint(0x21)),
        // Cut short.
        (FRAME_ENCODING_ERROR, frames().byte(0x1a).bytes(&[1, 2])),
        // An acknowledgement of what nobody has sent.
        (PROTOCOL_VIOLATION, frames().ack(0, 1 << 30)),
        // The end of what cannot have an end.
        (FLOW_CONTROL_ERROR, frames().stream(0, (1 << 62) - 2, b"x")),
        (FLOW_CONTROL_ERROR, frames().stream(0, 2 << 20, b"x")),
        (STREAM_LIMIT_ERROR, frames().stream(4 << 20, 0, b"x")),
        // Credit for a stream of theirs that they never opened.
        (
            STREAM_STATE_ERROR,
            frames().byte(0x11).varint(1).varint(1 << 40),
        ),
        // Far behind the end of what TLS may say.
        (
            CRYPTO_BUFFER_EXCEEDED,
            frames().byte(0x06).varint(1 << 20).varint(1).byte(0),
        ),
        (CONNECTION_ID_LIMIT_ERROR, many_connection_ids()),
        (PROTOCOL_VIOLATION, frames().byte(0x19).varint(1 << 30)),
    ] {
        let mut siege = Siege::begin();

        siege.send(sent.clone());

        siege.net.settle();
        let end = siege.end();
        let Some(CloseReason::Violation { code, .. }) = end else {
            panic!("{sent:x?}: {end:?}");
        };
        assert_eq!(code, expected, "{sent:x?}: {end:?}");
        siege.assert_others_served();
    }
}

#[test]
fn single_bytes_with_gaps_between_them_are_not_collected_without_end() {
    let mut siege = Siege::begin();

    for packet in 0..200 {
        let mut frames = Frames::default();
        for frame in 0..100 {
            frames = frames.stream(0, 2 * (100 * packet + frame) + 1, b"x");
        }
        siege.send(frames);
    }

    // 20,000 gaps: the host has let go before it kept them all.
    siege.net.settle();
    assert!(siege.end().is_some());
    siege.assert_others_served();
}

#[test]
fn acknowledging_what_did_not_arrive_is_found_out() {
    let mut siege = Siege::begin();
    siege.send(Frames::default().stream(0, 0, b"send me a lot"));
    let handle = siege.host_of_attacker();
    let connection = siege.net.connection(1, handle);
    let stream = connection.accept_stream().unwrap();
    let mut sent = Bytes::from(vec![7; 1 << 20]);
    connection.write(stream, &mut sent).unwrap();

    let mut last = 0;
    for _ in 0..500 {
        let numbers = siege.attacker.receive(&mut siege.net);
        last = numbers.into_iter().fold(last, u64::max);
        // Every number up to the last, whether it was ever sent or not.
        siege.send(Frames::default().ack(0, last));
        if siege.end().is_some() {
            break;
        }
        siege.net.run_for(Duration::from_millis(20));
        let connection = siege.net.connection(1, handle);
        let mut more = Bytes::from(vec![7; 1 << 16]);
        let _full = connection.write(stream, &mut more);
    }

    siege.assert_violation(PROTOCOL_VIOLATION);
    siege.assert_others_served();
}

#[test]
fn ids_that_are_retired_as_soon_as_they_are_given_pile_up_nowhere() {
    let mut siege = Siege::begin();

    // Nothing is ever acknowledged, so that each retirement has to be remembered.
    for sequence in 1..20_000 {
        siege.send(Frames::default().new_connection_id(sequence, sequence));
        if siege.end().is_some() {
            break;
        }
    }

    siege.net.settle();
    assert!(siege.end().is_some(), "twenty thousand were remembered");
    siege.assert_others_served();
}

#[test]
fn floods_are_answered_with_no_more_than_was_sent() {
    let ping = |_: u64| Frames::default().bytes(&[0x01; 100]);
    let challenges = |number: u64| {
        (0..100).fold(Frames::default(), |frames, it| {
            frames.path_challenge(100 * number + it)
        })
    };
    let credit = |number: u64| {
        (0..100).fold(Frames::default(), |frames, it| {
            // MAX_DATA, MAX_STREAMS
            let more = frames.byte(0x10).varint((1 << 61) + 100 * number + it);
            more.byte(0x12).varint((1 << 59) + 100 * number + it)
        })
    };
    // Opened and reset at once, one id after the other, as far as the ids go.
    let resets = |number: u64| {
        (0..16).fold(Frames::default(), |frames, it| {
            let id = 4 * ((16 * number + it) % 16);
            frames.byte(0x04).varint(id).varint(0).varint(0)
        })
    };
    let blocked = |number: u64| {
        (0..100).fold(Frames::default(), |frames, it| {
            // DATA_BLOCKED, STREAMS_BLOCKED
            let more = frames.byte(0x14).varint(100 * number + it);
            more.byte(0x16).varint(100 * number + it)
        })
    };
    let floods: [&dyn Fn(u64) -> Frames; 5] = [&ping, &challenges, &credit, &resets, &blocked];
    for (which, flood) in floods.into_iter().enumerate() {
        let mut siege = Siege::begin();
        let answers_before = siege.answers();
        let sent_before = siege.attacker.sent_bytes;

        for number in 0..1000 {
            siege.send(flood(number));
        }

        siege.net.settle();
        let sent = siege.attacker.sent_bytes - sent_before;
        let answers = siege.answers() - answers_before;
        assert!(
            answers <= 3 * sent,
            "flood {which}: {answers} bytes for {sent}"
        );
        siege.assert_others_served();
    }
}

impl Siege {
    fn host_of_attacker(&self) -> ConnectionHandle {
        let mut handles = self.net.nodes[1].connections.keys();
        *handles.find(|it| **it != self.host).unwrap()
    }

    /// The bytes of all that was sent so far by anybody but the attacker.
    fn answers(&self) -> usize {
        self.net.wire.iter().map(Vec::len).sum()
    }
}

/// More ids than the host has asked for.
fn many_connection_ids() -> Frames {
    (1..20).fold(Frames::default(), |frames, sequence| {
        frames.new_connection_id(sequence, 0)
    })
}

// [RFC 9000 §20.1]
const FLOW_CONTROL_ERROR: u64 = 0x03;
const STREAM_LIMIT_ERROR: u64 = 0x04;
const STREAM_STATE_ERROR: u64 = 0x05;
const FRAME_ENCODING_ERROR: u64 = 0x07;
const CONNECTION_ID_LIMIT_ERROR: u64 = 0x09;
const PROTOCOL_VIOLATION: u64 = 0x0a;
const CRYPTO_BUFFER_EXCEEDED: u64 = 0x0d;
