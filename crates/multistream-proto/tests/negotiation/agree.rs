//! How two sides come to speak one protocol.

use crate::wire::{A, B, C, HEADER, eager, output, patient};
use bytes::BytesMut;
use sinew_multistream_proto::{Config, Error, Event, Misuse, Negotiation, Protocol, Protocols};
use sinew_sans_io::{Machine, StreamMachine};
use sinew_testkit::epoch;

#[test]
fn a_dialer_sends_header_and_first_offer_at_once() {
    let mut dialer = eager(A);

    assert_eq!(output(&mut dialer), b"\x13/multistream/1.0.0\n\x03/a\n");
}

#[test]
fn a_listener_sends_its_header_unasked_and_repeats_the_name_it_takes() {
    let mut listener = Negotiation::listen([A], Config::default());

    assert_eq!(output(&mut listener), HEADER);
    listener.read(b"\x13/multistream/1.0.0\n\x03/a\n").unwrap();

    assert_eq!(output(&mut listener), b"\x03/a\n");
    assert_eq!(listener.poll_event(), Some(Event::Selected(A)));
    assert!(listener.is_confirmed());
}

#[test]
fn a_listener_answers_a_single_flight_with_a_single_flight() {
    let mut listener = Negotiation::listen([C], Config::default());

    listener
        .read(b"\x13/multistream/1.0.0\n\x03/a\n\x03/c\n")
        .unwrap();

    assert_eq!(
        output(&mut listener),
        b"\x13/multistream/1.0.0\n\x03na\n\x03/c\n"
    );
}

#[test]
fn a_dialer_offers_the_next_protocol_after_a_refusal() {
    let mut dialer = patient([A, B]);
    output(&mut dialer);

    dialer.read(b"\x13/multistream/1.0.0\n\x03na\n").unwrap();
    assert_eq!(output(&mut dialer), b"\x03/b\n");
    assert_eq!(dialer.selected(), None);

    dialer.read(b"\x03/b\n").unwrap();
    assert_eq!(dialer.poll_event(), Some(Event::Selected(B)));
    assert_eq!(dialer.selected(), Some(&B));
}

#[test]
fn the_dialers_order_decides() {
    let mut dialer = patient([C, A, B]);
    let mut listener = Negotiation::listen([B, A], Config::default());

    let mut there = output(&mut dialer);
    while !dialer.is_confirmed() {
        listener.read(&there).unwrap();
        dialer.read(&output(&mut listener)).unwrap();
        there = output(&mut dialer);
    }

    assert_eq!(listener.selected(), Some(&A));
    assert_eq!(dialer.selected(), Some(&A));
}

#[test]
fn an_optimistic_dialer_knows_its_protocol_before_the_answer() {
    let mut dialer = eager(A);

    assert_eq!(dialer.selected(), Some(&A));
    assert!(!dialer.is_confirmed());

    dialer.read(b"\x13/multistream/1.0.0\n\x03/a\n").unwrap();
    assert_eq!(dialer.poll_event(), Some(Event::Confirmed(A)));
    assert!(dialer.is_confirmed());
}

#[test]
fn a_dialer_is_optimistic_about_the_last_of_several_protocols() {
    let mut dialer = Negotiation::dial([A, B], Config::default()).unwrap();
    output(&mut dialer);
    assert_eq!(dialer.selected(), None);

    dialer.read(b"\x13/multistream/1.0.0\n\x03na\n").unwrap();
    assert_eq!(output(&mut dialer), b"\x03/b\n");
    assert_eq!(dialer.selected(), Some(&B));
    assert!(!dialer.is_confirmed());

    dialer.read(b"\x03/b\n").unwrap();
    assert_eq!(dialer.poll_event(), Some(Event::Confirmed(B)));
}

#[test]
fn a_dialer_whose_last_protocol_is_refused_too_has_none() {
    let mut dialer = Negotiation::dial([A, B], Config::default()).unwrap();

    let result = dialer.read(b"\x13/multistream/1.0.0\n\x03na\n\x03na\n");

    assert_eq!(result, Err(Error::NoCommonProtocol));
    assert_eq!(dialer.selected(), None);
}

#[test]
fn an_optimistic_dialer_learns_that_it_was_wrong() {
    let mut dialer = eager(A);

    let result = dialer.read(b"\x13/multistream/1.0.0\n\x03na\n");

    assert_eq!(result, Err(Error::NoCommonProtocol));
    assert_eq!(dialer.selected(), None);
    assert_eq!(dialer.poll_event(), None);
}

#[test]
fn a_dialer_that_may_not_be_optimistic_waits_for_the_answer() {
    let mut dialer = patient([A]);

    assert_eq!(dialer.selected(), None);
    dialer.read(b"\x13/multistream/1.0.0\n\x03/a\n").unwrap();

    assert_eq!(dialer.poll_event(), Some(Event::Selected(A)));
}

#[test]
fn bytes_behind_the_last_message_stay_with_the_caller() {
    let flight = b"\x13/multistream/1.0.0\n\x03/a\n\x13/multistream/1.0.0\n";

    for mut machine in [
        eager(A),
        patient([A]),
        Negotiation::listen([A], Config::default()),
    ] {
        let mut input = BytesMut::from(&flight[..]);
        machine.handle_input(epoch(), &mut input).unwrap();
        assert_eq!(input, HEADER);

        machine.handle_input(epoch(), &mut input).unwrap();
        assert_eq!(input, HEADER, "an agreed negotiation uses nothing");
    }
}

// [multistream §Listing] A listener may be asked for its protocols; ours keeps them to itself.
#[test]
fn a_request_to_list_is_refused_politely() {
    let mut listener = Negotiation::listen([A], Config::default());

    listener
        .read(b"\x13/multistream/1.0.0\n\x03ls\n\x03/a\n")
        .unwrap();

    assert_eq!(
        output(&mut listener),
        b"\x13/multistream/1.0.0\n\x03na\n\x03/a\n"
    );
    assert_eq!(listener.selected(), Some(&A));
}

#[test]
fn names_that_take_two_bytes_of_length_are_agreed_on() {
    let long = Protocol::try_from(format!("/{}", "x".repeat(254))).unwrap();
    let mut dialer = eager(long.clone());
    let mut listener = Negotiation::listen([long.clone()], Config::default());

    listener.read(&output(&mut dialer)).unwrap();
    dialer.read(&output(&mut listener)).unwrap();

    assert_eq!(listener.selected(), Some(&long));
    assert!(dialer.is_confirmed());
}

#[test]
fn a_listener_keeps_the_set_that_was_current_when_it_began() {
    let current = Protocols::from([A]);
    let mut listener = Negotiation::listen(&current, Config::default());
    let next = current.without("/a").with(B);
    let mut later = Negotiation::listen(&next, Config::default());

    listener
        .read(b"\x13/multistream/1.0.0\n\x03/b\n\x03/a\n")
        .unwrap();
    later
        .read(b"\x13/multistream/1.0.0\n\x03/a\n\x03/b\n")
        .unwrap();

    assert_eq!(listener.selected(), Some(&A));
    assert_eq!(later.selected(), Some(&B));
}

#[test]
fn a_dialer_needs_something_to_offer_and_not_too_much() {
    let mut config = Config::default();
    config.max_offers = 2;

    let none = Negotiation::dial([], config).map(drop);
    let two = Negotiation::dial([A, B], config).map(drop);
    let three = Negotiation::dial([A, B, C], config).map(drop);

    assert_eq!(none, Err(Misuse::NoProtocols));
    assert_eq!(two, Ok(()));
    assert_eq!(three, Err(Misuse::TooManyProtocols { limit: 2 }));
}
