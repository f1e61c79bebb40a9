//! The framing of messages, byte by byte.

use super::*;

#[test]
fn encodes_as_the_specification_spells_it() {
    assert_eq!(encoded(NOT_AVAILABLE), b"\x03\x6e\x61\x0a");
    assert_eq!(encoded(NOT_AVAILABLE), NOT_AVAILABLE_FRAME);
    assert_eq!(encoded(HEADER), b"\x13/multistream/1.0.0\n");
    assert_eq!(encoded(HEADER), HEADER_FRAME);
}

#[test]
fn decodes_what_it_encodes_at_every_length() {
    for len in 0..MAX_MESSAGE_LEN {
        let text = "x".repeat(len);
        let frame = encoded(&text);

        let message = Message::decode(&frame, MAX_FRAME_LEN).unwrap().unwrap();

        assert_eq!(message.text, text);
        assert_eq!(message.frame_len, frame.len());
    }
}

#[test]
fn waits_for_every_byte_of_a_message() {
    for len in [0, 1, 126, 127, 128, MAX_MESSAGE_LEN - 1] {
        let frame = encoded(&"x".repeat(len));

        for cut in 0..frame.len() {
            assert_eq!(decode(&frame[..cut]), Ok(None), "{cut} of {}", frame.len());
        }
    }
}

#[test]
fn takes_one_message_and_no_more() {
    let message = decode(b"\x03na\n\x03na\nrest").unwrap().unwrap();

    assert_eq!((message.text, message.frame_len), ("na", 4));
}

#[test]
fn reads_the_longest_message_and_refuses_the_next() {
    let longest = encoded(&"x".repeat(MAX_MESSAGE_LEN - 1));
    assert_eq!(longest[..2], [0x80, 0x08]);

    assert!(decode(&longest).unwrap().is_some());
    assert_eq!(decode(b"\x81\x08"), violation(Violation::MessageTooLong));
}

#[test]
fn refuses_lengths_of_more_than_two_bytes_before_their_message() {
    for length in [
        &b"\xff\xff"[..],
        b"\x80\x80\x01",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    ] {
        assert_eq!(decode(length), violation(Violation::MessageTooLong));
    }
}

// [varint §Spec]
#[test]
fn refuses_lengths_that_are_not_in_their_shortest_form() {
    assert_eq!(
        decode(b"\x83\x00na\n"),
        violation(Violation::NonMinimalLength)
    );
    assert_eq!(decode(b"\x80\x00"), violation(Violation::NonMinimalLength));
}

#[test]
fn refuses_a_message_without_its_newline() {
    assert_eq!(decode(b"\x02na"), violation(Violation::MissingNewline));
    assert_eq!(decode(b"\x03na\r"), violation(Violation::MissingNewline));
    assert_eq!(decode(b"\x00"), violation(Violation::MissingNewline));
}

#[test]
fn refuses_a_message_that_is_not_utf8() {
    assert_eq!(decode(b"\x03\xff\xfe\n"), violation(Violation::NotUtf8));
}

#[test]
fn refuses_a_message_over_budget_as_soon_as_its_length_is_there() {
    assert_eq!(Message::decode(b"\x03", 3), Err(DecodeError::OverBudget));
    assert_eq!(Message::decode(b"\x03", 4), Ok(None));
}

fn encoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    encode(text, &mut out);
    out
}

fn decode(input: &[u8]) -> Result<Option<Message<'_>>, DecodeError> {
    Message::decode(input, MAX_FRAME_LEN)
}

fn violation<'a>(violation: Violation) -> Result<Option<Message<'a>>, DecodeError> {
    Err(DecodeError::Violation(violation))
}
