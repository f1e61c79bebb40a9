//! Transport parameters of those whom we dial.

use std::{sync::Arc, time::Duration};

use sinew_quic_proto::{CloseReason, ConnectionHandle, Event};
use sinew_testkit::Heap;

use crate::{
    evil_listener::Evil,
    initial::initial_source_connection_id,
    net::Net,
    parameters::{
        ACK_DELAY_EXPONENT, ACTIVE_CONNECTION_ID_LIMIT, INITIAL_MAX_DATA, INITIAL_MAX_STREAMS_BIDI,
        MAX_ACK_DELAY, MAX_IDLE_TIMEOUT, MAX_UDP_PAYLOAD_SIZE, ORIGINAL_DESTINATION_CONNECTION_ID,
        PREFERRED_ADDRESS, RETRY_SOURCE_CONNECTION_ID, STATELESS_RESET_TOKEN,
        TRANSPORT_PARAMETER_ERROR, parameter, varint,
    },
};

#[test]
fn a_listener_whose_parameters_are_extreme_but_allowed_is_connected_and_served() {
    let most = varint((1 << 62) - 1);
    for said in [
        parameter(MAX_ACK_DELAY, &varint((1 << 14) - 1)),
        parameter(ACK_DELAY_EXPONENT, &varint(20)),
        parameter(ACK_DELAY_EXPONENT, &varint(0)),
        parameter(ACTIVE_CONNECTION_ID_LIMIT, &varint(2)),
        parameter(MAX_IDLE_TIMEOUT, &most),
        parameter(MAX_IDLE_TIMEOUT, &varint(0)),
        parameter(MAX_UDP_PAYLOAD_SIZE, &most),
        parameter(MAX_UDP_PAYLOAD_SIZE, &varint(1200)),
        parameter(INITIAL_MAX_DATA, &most),
        parameter(INITIAL_MAX_STREAMS_BIDI, &varint(1 << 60)),
        parameter(27, &[7; 4000]),
    ] {
        let told = said.clone();
        let mut siege = Siege::begin(move |honest| replace(&honest, &said));

        assert_eq!(siege.end(), None, "{told:x?}");
        assert_eq!(
            siege.events().first(),
            Some(&Event::Connected {
                peer: siege.evil.peer
            })
        );
        siege.exchange();
        siege.assert_others_served();
    }
}

/// This one wants more ids than it can keep, and ends the connection when it gets them.
#[test]
fn a_listener_that_wants_ids_without_end_gets_a_few() {
    let said = parameter(ACTIVE_CONNECTION_ID_LIMIT, &varint((1 << 62) - 1));
    let heap = Heap::begin();

    let mut siege = Siege::begin(move |honest| replace(&honest, &said));

    let peer = siege.evil.peer;
    assert_eq!(siege.events().first(), Some(&Event::Connected { peer }));
    let end = siege.end();
    assert!(
        matches!(
            end,
            None | Some(CloseReason::RemoteTransport {
                code: CONNECTION_ID_LIMIT_ERROR,
                ..
            })
        ),
        "{end:?}"
    );
    assert!(heap.peak() < 1 << 20, "{} bytes", heap.peak());
    siege.assert_others_served();
}

#[test]
fn a_listener_whose_parameters_break_a_rule_ends_the_dial_alone() {
    let twice = |one: Vec<u8>| [one.clone(), one].concat();
    let preferred = |id: &[u8]| {
        let len = u8::try_from(id.len()).unwrap();
        [&[1; 24][..], &[len], id, &[2; 16]].concat()
    };
    for said in [
        // Of another connection, too long, twice.
        parameter(ORIGINAL_DESTINATION_CONNECTION_ID, b"somebody"),
        parameter(ORIGINAL_DESTINATION_CONNECTION_ID, &[7; 21]),
        initial_source_connection_id(b"somebody"),
        twice(parameter(INITIAL_MAX_DATA, &varint(1 << 20))),
        twice(parameter(STATELESS_RESET_TOKEN, &[3; 16])),
        // There was no retry.
        parameter(RETRY_SOURCE_CONNECTION_ID, b"somebody"),
        // Less than the least that it says.
        parameter(MAX_ACK_DELAY, &varint(0)),
        parameter(MAX_ACK_DELAY, &varint(1 << 14)),
        parameter(MAX_ACK_DELAY, &varint((1 << 62) - 1)),
        parameter(ACK_DELAY_EXPONENT, &varint(21)),
        parameter(ACTIVE_CONNECTION_ID_LIMIT, &varint(0)),
        parameter(ACTIVE_CONNECTION_ID_LIMIT, &varint(1)),
        parameter(MAX_UDP_PAYLOAD_SIZE, &varint(1199)),
        parameter(INITIAL_MAX_STREAMS_BIDI, &varint((1 << 60) + 1)),
        parameter(STATELESS_RESET_TOKEN, &[3; 15]),
        parameter(STATELESS_RESET_TOKEN, &[3; 17]),
        parameter(PREFERRED_ADDRESS, &preferred(&[])),
        parameter(PREFERRED_ADDRESS, &preferred(&[4; 21])),
        parameter(PREFERRED_ADDRESS, &[1; 24]),
        // Lengths beyond the end, and that of nothing.
        [&[0x1b][..], &varint((1 << 62) - 1), &[1]].concat(),
        vec![0x40],
        vec![0x04],
    ] {
        let told = said.clone();
        let mut siege = Siege::begin(move |honest| replace(&honest, &told));

        siege.assert_refused(&said);
    }
}

#[test]
fn a_listener_that_leaves_out_or_damages_what_it_has_to_say_ends_the_dial_alone() {
    for left_out in [ORIGINAL_DESTINATION_CONNECTION_ID, 0x0f] {
        let mut siege = Siege::begin(move |honest| without(&honest, left_out));
        siege.assert_refused(&[]);
    }
    let mut siege = Siege::begin(|_| Vec::new());
    siege.assert_refused(&[]);
    // Ended in the middle of the last one.
    let mut siege = Siege::begin(|mut honest| {
        honest.extend(parameter(27, &[7; 10]));
        honest.truncate(honest.len() - 1);
        honest
    });
    siege.assert_refused(&[]);
}

#[test]
fn a_listener_that_would_wait_for_ever_is_given_up_after_our_own_time() {
    let said = parameter(MAX_IDLE_TIMEOUT, &varint((1 << 62) - 1));
    let mut siege = Siege::begin(move |honest| replace(&honest, &said));
    assert_eq!(siege.end(), None);

    // It says nothing more.
    siege.net.run_for(Duration::from_secs(60));

    let end = siege.end();
    assert!(
        matches!(end, Some(CloseReason::IdleTimeout { .. })),
        "{end:?}"
    );
    siege.assert_others_served();
}

#[test]
fn a_listener_that_will_not_wait_at_all_is_lost_at_once_and_nothing_else_is() {
    let said = parameter(MAX_IDLE_TIMEOUT, &varint(1));
    let mut siege = Siege::begin(move |honest| replace(&honest, &said));

    siege.net.run_for(Duration::from_secs(5));

    let end = siege.end();
    assert!(
        matches!(end, Some(CloseReason::IdleTimeout { .. })),
        "{end:?}"
    );
    siege.assert_others_served();
}

/// Whoever acknowledges late makes what is over be remembered longer.
#[test]
fn what_is_over_with_a_listener_that_acknowledges_late_is_forgotten_in_the_end() {
    let said = parameter(MAX_ACK_DELAY, &varint((1 << 14) - 1));
    let mut siege = Siege::begin(move |honest| replace(&honest, &said));
    let before = siege.net.nodes[0].endpoint.connection_count();

    let (now, handle) = (siege.net.now, siege.handle);
    siege.net.connection(0, handle).close(now, 0, "".into());
    siege.net.run_for(Duration::from_secs(100));

    assert!(siege.end().is_some());
    assert_eq!(siege.net.nodes[0].endpoint.connection_count(), before - 1);
    siege.assert_others_served();
}

/// A host with an honest peer, which has dialed one who is not.
struct Siege {
    net: Net,
    honest: [ConnectionHandle; 2],
    evil: Evil,
    handle: ConnectionHandle,
}

impl Siege {
    fn begin(change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let (mut net, ours, theirs) = Net::connected();
        let (evil, handle) = Evil::be_dialed(&mut net, Arc::new(change));
        Self {
            net,
            honest: [ours, theirs],
            evil,
            handle,
        }
    }

    fn end(&self) -> Option<CloseReason> {
        self.net.close_reason(0, self.handle).cloned()
    }

    fn events(&mut self) -> Vec<Event> {
        self.net.events(0, self.handle)
    }

    /// Asserts that a stream gets through.
    fn exchange(&mut self) {
        let (handle, letter) = (self.handle, b"hello");
        self.net.peer(0, handle).open_with(letter);
        self.evil.talk(&mut self.net);
        assert_eq!(self.evil.heard(), letter);
        self.net.run_for(Duration::from_secs(1));
        self.evil.talk(&mut self.net);
        assert_eq!(self.end(), None);
    }

    fn assert_refused(&mut self, said: &[u8]) {
        let end = self.end();
        assert!(
            matches!(
                end,
                Some(CloseReason::Violation {
                    code: TRANSPORT_PARAMETER_ERROR,
                    ..
                })
            ),
            "{said:x?}: {end:?}"
        );
        self.assert_others_served();
    }

    /// Asserts that the host speaks to the honest peer as ever.
    fn assert_others_served(&mut self) {
        let [ours, theirs] = self.honest;
        let stream = self.net.peer(0, ours).open_with(b"as ever");
        self.net.settle();
        let connection = self.net.connection(1, theirs);
        assert_eq!(connection.accept_stream(), Some(stream));
        assert_eq!(connection.read(stream, 100).unwrap().unwrap(), "as ever");
    }
}

/// Replaces the parameter that `said` begins with, or adds it.
fn replace(honest: &[u8], said: &[u8]) -> Vec<u8> {
    let (id, _) = read(said);
    [&without(honest, id)[..], said].concat()
}

fn without(honest: &[u8], id: u64) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut rest = honest;
    while !rest.is_empty() {
        let (is, id_len) = read(rest);
        let (len, len_len) = read(&rest[id_len..]);
        let (one, behind) = rest.split_at(id_len + len_len + usize::try_from(len).unwrap());
        rest = behind;
        if is != id {
            kept.extend(one);
        }
    }
    kept
}

/// Returns a number and its length. What has been cut off is zero.
// [RFC 9000 §16]
fn read(bytes: &[u8]) -> (u64, usize) {
    let len = 1 << (bytes[0] >> 6);
    let first = u64::from(bytes[0] & 0x3f);
    let rest = (1..len).map(|at| bytes.get(at).copied().unwrap_or_default());
    let value = rest.fold(first, |value, byte| value << 8 | u64::from(byte));
    (value, len)
}

// [RFC 9000 §20.1]
const CONNECTION_ID_LIMIT_ERROR: u64 = 0x09;
