//! Replies on the wire.

use super::*;

#[test]
fn every_reply_comes_back() {
    for reply in [
        Reply::Wait,
        Reply::Accepted { offset: u64::MAX },
        Reply::Have,
        Reply::Done,
        Reply::Refused(Refusal::HashMismatch),
        Reply::Refused(Refusal::Unknown { code: 99 }),
    ] {
        let bytes = reply.to_wire().encode_to_vec();
        let wire = WireReply::decode(&bytes[..]).unwrap();

        assert_eq!(Reply::from_wire(&wire), Ok(reply));
    }
}

#[test]
fn a_reply_that_says_nothing_is_a_violation() {
    let wire = WireReply::decode(&[][..]).unwrap();

    assert_eq!(
        Reply::from_wire(&wire),
        Err(Violation::UnknownReply { state: 0 })
    );
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let offer = Offer {
        name: "a".into(),
        size: 300,
        sha256: Bytes::from_static(&[7; 32]),
    };

    let mut expected = vec![40, 0x0a, 1, b'a', 0x10, 0xac, 0x02, 0x1a, 32];
    expected.extend([7; 32]);
    assert_eq!(offer.encode_length_delimited_to_vec(), expected);
    assert_eq!(
        Reply::Accepted { offset: 300 }
            .to_wire()
            .encode_length_delimited_to_vec(),
        [5, 0x08, 2, 0x10, 0xac, 0x02]
    );
    assert_eq!(
        Reply::Refused(Refusal::NameTaken)
            .to_wire()
            .encode_length_delimited_to_vec(),
        [4, 0x08, 5, 0x18, 2]
    );
}

#[test]
fn the_longest_name_fits_into_a_message() {
    let offer = Offer {
        name: "x".repeat(crate::SafeName::MAX_BYTES),
        size: u64::MAX,
        sha256: Bytes::from_static(&[7; 32]),
    };

    assert!(offer.encoded_len() <= MAX_MESSAGE_BYTES);
}
