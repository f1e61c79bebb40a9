//! How many round trips there are in front of the first byte of an answer.

use std::sync::Arc;

use bytes::BytesMut;
use sinew_sans_io::{Machine as _, StreamMachine as _};
use sinew_tcp_proto::{Connection, Dial, Endpoint, Event, Security};
use sinew_testkit::epoch;

use crate::pair::{Build, host, receive, send};

const TLS_FIRST: &[Security] = &[Security::Tls, Security::Noise];
const NOISE_FIRST: &[Security] = &[Security::Noise, Security::Tls];

#[test]
fn one_security_takes_two_round_trips_however_the_muxer_is_chosen() {
    for security in Security::ALL {
        for early_muxer in [true, false] {
            let dialer = Build::new(1)
                .securities(&[security])
                .early_muxer(early_muxer)
                .endpoint();
            assert_eq!(round_trips(&dialer, &host(2, security), None), 2);
        }
    }
}

#[test]
fn a_choice_of_securities_takes_a_round_trip_for_each_but_the_last() {
    for securities in [TLS_FIRST, NOISE_FIRST] {
        for early_muxer in [true, false] {
            let dialer = Build::new(1)
                .securities(securities)
                .early_muxer(early_muxer)
                .endpoint();
            let all = Build::new(2).endpoint();
            assert_eq!(round_trips(&dialer, &all, None), 3);
            assert_eq!(round_trips(&dialer, &host(2, securities[0]), None), 3);
            // The last of them is not asked about.
            assert_eq!(round_trips(&dialer, &host(2, securities[1]), None), 3);
        }
    }
}

#[test]
fn a_dialer_that_knows_what_the_peer_speaks_is_not_slowed_by_what_else_it_speaks() {
    let (dialer, listener) = (Build::new(1).endpoint(), Build::new(2).endpoint());
    for security in Security::ALL {
        assert_eq!(round_trips(&dialer, &listener, Some(security)), 2);
    }
}

/// Counts the round trips from the first byte of the dialer to the first byte of an answer to its request.
fn round_trips(
    dialer: &Arc<Endpoint>,
    listener: &Arc<Endpoint>,
    security: Option<Security>,
) -> u32 {
    let dial = Dial {
        expected: Some(listener.peer_id()),
        security,
    };
    let mut dialer = dialer.dial(epoch(), dial, [1; 32]);
    let mut listener = listener.accept(epoch(), [2; 32]);
    let mut request = None;
    let mut answered = false;
    let (mut there, mut back) = (BytesMut::new(), BytesMut::new());
    for round_trip in 1..10 {
        speak(&mut dialer, &mut listener, &mut there);
        while !answered && let Some(stream) = listener.accept_stream() {
            assert_eq!(receive(&mut listener, stream).unwrap(), b"request");
            let mut answer = b"answer"[..].into();
            listener.write(stream, &mut answer).unwrap();
            answered = true;
        }
        speak(&mut listener, &mut dialer, &mut back);
        while let Some(event) = dialer.poll_event() {
            if let Event::Connected { .. } = event {
                request = Some(send(&mut dialer, b"request"));
            }
        }
        let answer = request.map(|stream| receive(&mut dialer, stream));
        if answer.is_some_and(|answer| answer.is_ok_and(|text| text == b"answer")) {
            return round_trip;
        }
    }
    panic!("there was no answer");
}

/// Carries all that `from` has to say at once.
fn speak(from: &mut Connection, to: &mut Connection, on_its_way: &mut BytesMut) {
    let mut flight = Vec::new();
    while from.poll_transmit(epoch(), &mut flight).is_some() {}
    on_its_way.extend_from_slice(&flight);
    to.handle_input(epoch(), on_its_way).unwrap();
}
