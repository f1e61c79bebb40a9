//! Peers that do not keep the rules.

use bytes::BytesMut;
use sinew_multistream_proto::{Config, Error, Negotiation, Violation};
use sinew_sans_io::{Machine, StreamMachine};
use sinew_testkit::epoch;

use crate::wire::{A, B, after_header, eager, output, patient};

#[test]
fn a_first_message_other_than_the_header_is_a_violation() {
    for first in [
        &b"\x03/a\n"[..],
        b"\x03na\n",
        b"\x13/multistream/0.9.9\n",
        b"\x01\n",
    ] {
        for mut machine in everyone() {
            assert_eq!(machine.read(first), violation(Violation::MissingHeader));
        }
    }
}

#[test]
fn another_protocol_is_known_at_its_first_byte_that_differs() {
    // As greetings: the first byte is a length that nothing follows.
    for greeting in [
        &b"220 mail.example.org\r\n"[..],
        b"SSH-2.0-server\r\n",
        b"GET / HTTP/1.1\r\n",
        b"\x13/m_",
    ] {
        for mut machine in everyone() {
            assert_eq!(machine.read(greeting), violation(Violation::MissingHeader));
        }
    }
}

#[test]
fn a_giant_length_is_refused_before_its_message() {
    // 2^63 as a varint, then as much of it as a peer can say, then three bytes.
    for length in [
        &b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"[..],
        b"\xff\xff",
        b"\x80\x80\x04",
    ] {
        for mut machine in everyone() {
            let result = machine.read(&after_header(length));
            assert_eq!(result, violation(Violation::MessageTooLong));
        }
    }
}

#[test]
fn a_message_of_1025_bytes_is_refused_at_its_length() {
    for mut machine in everyone() {
        let result = machine.read(&after_header(b"\x81\x08"));
        assert_eq!(result, violation(Violation::MessageTooLong));
    }
}

#[test]
fn a_padded_length_is_a_violation() {
    for mut machine in everyone() {
        let result = machine.read(&after_header(b"\x83\x00/a\n"));
        assert_eq!(result, violation(Violation::NonMinimalLength));
    }
}

#[test]
fn a_message_without_its_newline_is_a_violation() {
    for mut machine in everyone() {
        let result = machine.read(&after_header(b"\x02/a"));
        assert_eq!(result, violation(Violation::MissingNewline));
    }
}

#[test]
fn a_message_that_is_not_utf8_is_a_violation() {
    for mut machine in everyone() {
        let result = machine.read(&after_header(b"\x04/\xc3\x28\n"));
        assert_eq!(result, violation(Violation::NotUtf8));
    }
}

#[test]
fn an_answer_that_was_not_offered_is_a_violation() {
    for answer in [&b"\x03/b\n"[..], b"\x03ls\n", b"\x01\n", b"\x04/a\n\n"] {
        for mut dialer in [eager(A), patient([A])] {
            let result = dialer.read(&after_header(answer));
            assert_eq!(result, violation(Violation::UnexpectedAnswer));
        }
    }
}

#[test]
fn endless_refusals_end_with_the_last_offer() {
    let mut dialer = patient([A, B]);

    let result = dialer.read(&after_header(&b"\x03na\n".repeat(1000)));

    assert_eq!(result, Err(Error::NoCommonProtocol));
    assert_eq!(
        output(&mut dialer),
        b"\x13/multistream/1.0.0\n\x03/a\n\x03/b\n"
    );
}

#[test]
fn endless_offers_are_a_violation() {
    for offer in [&b"\x03/z\n"[..], b"\x03ls\n", b"\x01\n"] {
        let mut listener = Negotiation::listen([A], Config::default());

        let sixteen = listener.read(&after_header(&offer.repeat(16)));
        let seventeenth = listener.read(offer);

        assert!(sixteen.is_ok());
        assert_eq!(
            seventeenth,
            violation(Violation::TooManyOffers { limit: 16 })
        );
    }
}

#[test]
fn a_known_protocol_beyond_the_last_allowed_offer_is_still_one_too_many() {
    let mut config = Config::default();
    config.max_offers = 1;
    let mut listener = Negotiation::listen([A], config);

    let result = listener.read(&after_header(b"\x03/z\n\x03/a\n"));

    assert_eq!(result, violation(Violation::TooManyOffers { limit: 1 }));
    assert_eq!(listener.poll_event(), None);
}

#[test]
fn long_offers_run_out_of_bytes_before_they_run_out_of_offers() {
    let mut listener = Negotiation::listen([A], Config::default());
    let offer = [&b"\x80\x08"[..], &b"z".repeat(1023), b"\n"].concat();

    let seven = listener.read(&after_header(&offer.repeat(7)));
    let eighth = listener.read(b"\x80\x08");

    assert!(seven.is_ok());
    assert_eq!(eighth, violation(Violation::TooManyBytes { limit: 8192 }));
}

#[test]
fn a_peer_that_leaves_before_the_agreement_is_in_the_wrong() {
    for mut machine in everyone() {
        assert_eq!(machine.handle_eof(epoch()), violation(Violation::EarlyEof));
    }
}

#[test]
fn a_peer_that_leaves_after_the_agreement_is_not() {
    for mut machine in everyone() {
        machine.read(&after_header(b"\x03/a\n")).unwrap();

        assert_eq!(machine.handle_eof(epoch()), Ok(()));
        assert!(machine.is_confirmed());
    }
}

#[test]
fn nothing_is_read_after_an_error() {
    for mut machine in everyone() {
        machine.read(b"\x01\n").unwrap_err();
        let mut input = BytesMut::from(&after_header(b"\x03/a\n")[..]);
        let len = input.len();

        assert_eq!(machine.handle_input(epoch(), &mut input), Ok(()));
        assert_eq!(machine.handle_eof(epoch()), Ok(()));

        assert_eq!(input.len(), len);
        assert_eq!(machine.selected(), None);
        assert_eq!(machine.poll_event(), None);
    }
}

/// A dialer of each kind and a listener, all for `A` alone.
fn everyone() -> [Negotiation; 3] {
    [
        eager(A),
        patient([A]),
        Negotiation::listen([A], Config::default()),
    ]
}

fn violation<T>(violation: Violation) -> Result<T, Error> {
    Err(Error::Violation(violation))
}
