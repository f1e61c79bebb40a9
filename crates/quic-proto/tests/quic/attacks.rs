//! What a peer can send that has come in by the rules, and what it must not do to others.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use sinew_quic_proto::{CloseReason, Config, Connection, ConnectionHandle, ReadError};
use sinew_sans_io::BufferBudget;
use sinew_testkit::Heap;

use crate::{
    attacker::{Attacker, Frames},
    frames::max_streams,
    net::{Net, noise},
};

/// A host with an honest peer and an attacker.
struct Siege {
    net: Net,
    honest: ConnectionHandle,
    host: ConnectionHandle,
    attacker: Attacker,
    heap: Heap,
}

impl Siege {
    fn begin() -> Self {
        Self::begin_with(|net| Attacker::connect(net, 1))
    }

    fn begin_with(connect: impl FnOnce(&mut Net) -> Attacker) -> Self {
        let (mut net, honest, host) = Net::connected();
        let attacker = connect(&mut net);
        Self {
            net,
            honest,
            host,
            attacker,
            heap: Heap::begin(),
        }
    }

    fn send(&mut self, frames: Frames) {
        self.attacker.send(&mut self.net, &frames.0);
    }

    /// Lets a millisecond pass, of which nothing is remembered but by the host; returns what it said to the
    /// attacker.
    fn pass(&mut self) -> Vec<(u64, BytesMut)> {
        self.net.run_for(Duration::from_millis(1));
        self.net.wire.clear();
        let handle = self.host_of_attacker();
        self.net.events(1, handle).clear();
        self.attacker.receive_packets(&mut self.net)
    }

    /// Asserts that the host has never held more than what is set aside for a connection.
    fn assert_memory_bounded(&self) {
        let peak = self.heap.peak();
        assert!(peak <= SET_ASIDE, "{peak} bytes");
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
        siege.pass();
    }

    // 20,000 gaps: the host has let go before it kept them all.
    siege.assert_violation(INTERNAL_ERROR);
    siege.assert_memory_bounded();
    siege.assert_others_served();
}

#[test]
fn single_bytes_in_large_packets_take_no_more_room_than_others() {
    let mut siege = Siege::begin();
    let window = BufferBudget::BASE;

    // From the end to the beginning, so that nothing can be read; in each packet one byte counts.
    for at in (1..=900).rev() {
        let padding = vec![0; 1100];
        siege.send(Frames::default().stream(0, at, b"x").bytes(&padding));
        siege.pass();
    }
    assert!(siege.attacker.sent.bytes as u64 > 2 * window);

    siege.assert_memory_bounded();
    assert_eq!(siege.end(), None);
    siege.assert_others_served();
}

#[test]
fn streams_that_nobody_reads_take_no_more_room_than_their_window() {
    let mut siege = Siege::begin();

    // As many as there may be, and as much in all of them as there may be.
    let each = BufferBudget::BASE / 16;
    for offset in (0..each).step_by(1024) {
        for stream in 0..16 {
            siege.send(Frames::default().stream(4 * stream, offset, &[7; 1024]));
            siege.pass();
        }
    }

    assert_eq!(siege.end(), None);
    siege.assert_memory_bounded();
    assert!(siege.heap.held() as u64 >= BufferBudget::BASE);
    siege.send(Frames::default().stream(0, each, b"x"));
    siege.assert_violation(FLOW_CONTROL_ERROR);
    siege.assert_others_served();
}

#[test]
fn acknowledging_what_did_not_arrive_is_found_out() {
    let kept = Config::default().send_window;
    acknowledge_what_did_not_arrive(Siege::begin(), kept);
}

#[test]
fn acknowledging_what_did_not_arrive_is_found_out_in_one_that_seems_to_be_ours() {
    let kept = Config::default().max_send_window;
    let siege = Siege::begin_with(|net| Attacker::connect_in_disguise(net, 1));
    acknowledge_what_did_not_arrive(siege, kept);
}

/// Asserts that the host keeps no more than `kept` bytes for its peer meanwhile.
fn acknowledge_what_did_not_arrive(mut siege: Siege, kept: u32) {
    siege.send(Frames::default().stream(0, 0, b"send me a lot"));
    let handle = siege.host_of_attacker();
    let connection = siege.net.connection(1, handle);
    let stream = connection.accept_stream().unwrap();
    let mut letter = 0;
    // As much as it takes, each piece with memory of its own.
    let mut write = |connection: &mut Connection| {
        while let Ok(written @ 1..) = connection.write(stream, &mut Bytes::from(vec![7; 1 << 14])) {
            letter += written;
        }
    };
    write(connection);

    let mut last = 0;
    for _ in 0..500 {
        let numbers = siege.attacker.receive(&mut siege.net);
        last = numbers.into_iter().fold(last, u64::max);
        // Every number up to the last, whether it was ever sent or not.
        let credit = Frames::default().ack(0, last);
        // MAX_DATA and MAX_STREAM_DATA: it may go on for ever.
        let credit = credit.byte(0x10).varint(1 << 40);
        siege.send(credit.byte(0x11).varint(0).varint(1 << 40));
        if siege.end().is_some() {
            break;
        }
        siege.net.run_for(Duration::from_millis(20));
        write(siege.net.connection(1, handle));
    }

    siege.assert_violation(PROTOCOL_VIOLATION);
    // What it acknowledges was given up, and no more was sent ahead of it than ever.
    let bound = SET_ASIDE + kept as usize;
    assert!(letter > 1 << 20, "it ended before it began: {letter} bytes");
    assert!(siege.heap.peak() <= bound, "{} bytes", siege.heap.peak());
    siege.assert_others_served();
}

#[test]
fn ids_that_are_retired_as_soon_as_they_are_given_pile_up_nowhere() {
    let mut siege = Siege::begin();

    // Nothing is ever acknowledged, so that each retirement has to be remembered.
    for sequence in 1..20_000 {
        siege.send(Frames::default().new_connection_id(sequence, sequence));
        siege.pass();
        if siege.end().is_some() {
            break;
        }
    }

    siege.assert_violation(CONNECTION_ID_LIMIT_ERROR);
    siege.assert_memory_bounded();
    siege.assert_others_served();
}

#[test]
fn a_flood_of_pings_is_answered_with_less() {
    flood(|_| Frames::default().bytes(&[0x01; 100]));
}

#[test]
fn a_flood_of_path_challenges_is_answered_with_no_more() {
    // As large as a packet with a challenge has to be: so are the answers.
    flood(|number| {
        (0..130).fold(Frames::default(), |frames, it| {
            frames.path_challenge(130 * number + it)
        })
    });
}

#[test]
fn a_flood_of_credit_is_answered_with_less() {
    flood(|number| {
        (0..60).fold(Frames::default(), |frames, it| {
            // MAX_DATA, MAX_STREAMS
            let more = frames.byte(0x10).varint((1 << 61) + 100 * number + it);
            more.byte(0x12).varint((1 << 59) + 100 * number + it)
        })
    });
}

#[test]
fn a_flood_of_blocked_frames_is_answered_with_less() {
    flood(|number| {
        (0..100).fold(Frames::default(), |frames, it| {
            // DATA_BLOCKED, STREAMS_BLOCKED
            let more = frames.byte(0x14).varint(100 * number + it);
            more.byte(0x16).varint(100 * number + it)
        })
    });
}

/// Sends a thousand packets, of which nothing is acknowledged, and asserts that the host sends no more than it got
/// and remembers nothing of it.
fn flood(packet: impl Fn(u64) -> Frames) {
    let mut siege = Siege::begin();

    for number in 0..1000 {
        siege.send(packet(number));
        siege.pass();
    }

    let (sent, received) = (siege.attacker.sent, siege.attacker.received);
    assert!(received.bytes <= sent.bytes, "{received:?} for {sent:?}");
    assert!(received.datagrams <= sent.datagrams);
    assert_eq!(siege.end(), None);
    siege.assert_memory_bounded();
    siege.assert_others_served();
}

#[test]
fn streams_reset_as_soon_as_they_are_opened_cost_no_more_than_their_packets() {
    let mut siege = Siege::begin();
    let handle = siege.host_of_attacker();
    let (mut next, mut limit, mut served) = (0, 16, 0);

    for _ in 0..20_000 {
        let mut frames = Frames::default();
        for _ in 0..16 {
            if next < limit {
                frames = frames.byte(0x04).varint(4 * next).varint(7).varint(0);
                next += 1;
            }
        }
        siege.send(frames);
        for (number, frames) in siege.pass() {
            limit = max_streams(&frames).map_or(limit, |it| limit.max(it));
            siege.send(Frames::default().ack(number, number));
        }
        // Nobody has done anything for them yet.
        let connection = siege.net.connection(1, handle);
        while let Some(stream) = connection.accept_stream() {
            assert_eq!(
                connection.read(stream, 100),
                Err(ReadError::Reset { code: 7 })
            );
            connection.abandon(stream, 0);
            served += 1;
        }
        assert!(connection.stream_count() <= 256);
        if served >= 5000 {
            break;
        }
    }

    assert_eq!(siege.end(), None);
    assert!(served >= 5000, "{served} with room for {limit}");
    let (sent, received) = (siege.attacker.sent, siege.attacker.received);
    assert!(received.bytes <= sent.bytes, "{received:?} for {sent:?}");
    siege.assert_memory_bounded();
    siege.assert_others_served();
}

#[test]
fn unknown_ids_from_the_address_of_a_peer_change_nothing() {
    let mut siege = Siege::begin();
    let (from, to) = (siege.net.nodes[0].addr, 1);
    siege.pass();
    let before = (siege.heap.held(), siege.honest_sent());
    let count = siege.net.nodes[1].endpoint.connection_count();

    for number in 0..10_000 {
        // [RFC 9000 §17.3.1] A short header, and what may be an id of ours.
        let mut packet = noise(number, 60);
        packet[0] = 0x40 | packet[0] & 0x3f;
        siege.net.inject(from, to, &packet);
        siege.net.wire.clear();
    }

    assert!(siege.heap.held() <= before.0 + 1024, "{:?}", siege.heap);
    assert_eq!(siege.honest_sent(), before.1, "nobody was answered");
    let endpoint = &siege.net.nodes[1].endpoint;
    assert_eq!(endpoint.connection_count(), count);
    let connection = siege.net.connection(1, siege.host);
    assert_eq!(connection.remote_address(), from);
    assert_eq!(connection.close_reason(), None);
    siege.assert_others_served();
}

impl Siege {
    fn host_of_attacker(&self) -> ConnectionHandle {
        let mut handles = self.net.nodes[1].connections.keys();
        *handles.find(|it| **it != self.host).unwrap()
    }

    /// How many datagrams the host's connection to the honest peer has got and sent.
    fn honest_sent(&self) -> (u64, u64) {
        let stats = self.net.nodes[1].connections[&self.host].connection.stats();
        (stats.received_datagrams, stats.sent_datagrams)
    }
}

/// More ids than the host has asked for.
fn many_connection_ids() -> Frames {
    (1..20).fold(Frames::default(), |frames, sequence| {
        frames.new_connection_id(sequence, 0)
    })
}

/// What a host sets aside for each connection, in bytes: a first window for each direction.
const SET_ASIDE: usize = 2 * BufferBudget::BASE as usize;

// [RFC 9000 §20.1]
const INTERNAL_ERROR: u64 = 0x01;
const FLOW_CONTROL_ERROR: u64 = 0x03;
const STREAM_LIMIT_ERROR: u64 = 0x04;
const STREAM_STATE_ERROR: u64 = 0x05;
const FRAME_ENCODING_ERROR: u64 = 0x07;
const CONNECTION_ID_LIMIT_ERROR: u64 = 0x09;
const PROTOCOL_VIOLATION: u64 = 0x0a;
const CRYPTO_BUFFER_EXCEEDED: u64 = 0x0d;
