//! Peers that do not keep the rules of the framing and the keys.

use bytes::BytesMut;
use sinew_noise_proto::{MAX_HANDSHAKE_MESSAGE_LEN, Message, Violation};
use sinew_sans_io::{Machine as _, StreamMachine as _};
use sinew_testkit::epoch;

use crate::pair::{MESSAGES, awaiting, hear, messages, output, violation};

// [noise §Wire Format] Two bytes of length in big-endian order, and the message.
#[test]
fn lengths_that_a_message_cannot_have_are_refused_before_the_message() {
    for (message, min, max) in [
        (Message::First, 32, 32),
        (Message::Second, 96, MAX_HANDSHAKE_MESSAGE_LEN),
        (Message::Third, 64, MAX_HANDSHAKE_MESSAGE_LEN),
    ] {
        for len in [0, 1, min - 1] {
            assert_eq!(
                hear(&mut awaiting(message), &prefix(len)),
                violation(message, Violation::TooShort { len, min })
            );
        }
        for len in [max + 1, 0x8000, 65_535] {
            assert_eq!(
                hear(&mut awaiting(message), &prefix(len)),
                violation(message, Violation::TooLong { len, max })
            );
        }
        for len in [min, max] {
            assert_eq!(
                hear(&mut awaiting(message), &prefix(len)).unwrap(),
                prefix(len)[..]
            );
        }
    }
}

#[test]
fn a_stream_that_ends_anywhere_names_the_message_that_is_missing() {
    for (message, bytes) in MESSAGES.into_iter().zip(messages()) {
        for len in 0..bytes.len() {
            let mut machine = awaiting(message);
            hear(&mut machine, &bytes[..len]).unwrap();

            let ended = machine.handle_eof(epoch());

            assert_eq!(ended, violation(message, Violation::EarlyEof));
            assert_eq!(machine.poll_event(), None);
        }
    }
}

#[test]
fn an_ephemeral_key_of_low_order_is_a_violation() {
    let [first, second, _] = messages();
    let mut order_eight = [0; 32];
    // [noise-framework §The 25519 DH functions] A point of order 8 that RFC 7748 warns of.
    order_eight.copy_from_slice(&[
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ]);
    let mut one = [0; 32];
    one[0] = 1;
    for key in [[0; 32], one, order_eight] {
        for (message, bytes) in [(Message::First, &first), (Message::Second, &second)] {
            let mut bytes = bytes.clone();
            bytes[2..34].copy_from_slice(&key);

            let mut machine = awaiting(message);
            let heard = hear(&mut machine, &bytes);

            assert_eq!(heard, violation(message, Violation::LowOrderKey));
            assert!(output(&mut machine).is_empty());
        }
    }
}

#[test]
fn nothing_is_read_after_an_error() {
    for (message, bytes) in MESSAGES.into_iter().zip(messages()) {
        let mut machine = awaiting(message);
        hear(&mut machine, &prefix(0)).unwrap_err();
        let mut input = BytesMut::from(&bytes[..]);

        assert_eq!(machine.handle_input(epoch(), &mut input), Ok(()));
        assert_eq!(machine.handle_eof(epoch()), Ok(()));

        assert_eq!(input, bytes[..]);
        assert_eq!(machine.poll_event(), None);
        assert!(machine.into_transport().is_none());
    }
}

fn prefix(len: usize) -> [u8; 2] {
    u16::try_from(len).unwrap().to_be_bytes()
}
