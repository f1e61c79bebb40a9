//! Peers that hold the keys of the handshake and do not keep the rules inside it.

use sinew_identity::{DecodeError, KeyType, Keypair};
use sinew_noise_proto::{MAX_HANDSHAKE_MESSAGE_LEN, Message, Violation};
use sinew_sans_io::{Machine as _, Role};

use crate::{
    foreign::{Foreign, field, payload},
    pair::{dialer, every_type_of_key, hear, host, listener, output, violation},
};

#[test]
fn a_payload_without_a_key_is_a_violation() {
    refuses(Violation::MissingKey, |_| Vec::new());
    refuses(Violation::MissingKey, |key| {
        let key_len = field(1, &Foreign::keypair().public().to_protobuf()).len();
        Foreign::good(key)[key_len..].to_vec()
    });
}

#[test]
fn a_payload_without_a_signature_is_a_violation() {
    refuses(Violation::MissingSignature, |_| {
        field(1, &Foreign::keypair().public().to_protobuf())
    });
}

#[test]
fn a_payload_that_is_no_protobuf_message_is_a_violation() {
    for garbage in [
        &b"\xff"[..],
        b"\x0a\x7f",
        // A length of 2^63.
        b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
        // The key as a number.
        b"\x08\x01",
        // Extensions that are none.
        b"\x22\x01\xff",
    ] {
        refuses(Violation::MalformedPayload, |key| {
            [Foreign::good(key), garbage.to_vec()].concat()
        });
    }
    refuses(Violation::MalformedPayload, |key| {
        let mut payload = Foreign::good(key);
        payload.pop();
        payload
    });
}

#[test]
fn a_key_that_is_none_is_a_violation_that_says_why() {
    for (key, error) in [
        (vec![], DecodeError::MissingField("type")),
        (b"\x08\x09\x12\x00".to_vec(), DecodeError::UnknownKeyType(9)),
        (
            b"\x08\x01\x12\x01x".to_vec(),
            DecodeError::InvalidKey(KeyType::Ed25519),
        ),
        (rsa_key_of(1024), rsa_modulus(1024)),
        (rsa_key_of(8200), rsa_modulus(8200)),
        (rsa_key_of(16_384), rsa_modulus(16_384)),
    ] {
        refuses(Violation::InvalidKey(error), |static_key| {
            let signature = Foreign::keypair().sign(static_key).unwrap();
            [field(1, &key), field(2, &signature)].concat()
        });
    }
}

// [noise §The libp2p Handshake Payload] The signature is the host key's, over the prefix and this key.
#[test]
fn a_signature_by_another_key_or_over_anything_else_is_a_violation() {
    for keypair in every_type_of_key() {
        let other = Keypair::ed25519_from_secret([98; 32]);
        let sign_with = |signer: &Keypair, message: &[u8]| {
            let signature = signer.sign(message).unwrap();
            [
                field(1, &keypair.public().to_protobuf()),
                field(2, &signature),
            ]
            .concat()
        };
        let prefixed = |key: &[u8]| [b"noise-libp2p-static-key:", key].concat();

        refuses(Violation::BadSignature, |key| {
            sign_with(&other, &prefixed(key))
        });
        refuses(Violation::BadSignature, |key| sign_with(&keypair, key));
        refuses(Violation::BadSignature, |_| {
            sign_with(&keypair, &prefixed(&[1; 32]))
        });
        refuses(Violation::BadSignature, |key| {
            sign_with(&keypair, &[b"libp2p-tls-handshake:", key].concat())
        });
        refuses(Violation::BadSignature, |_| {
            [field(1, &keypair.public().to_protobuf()), field(2, &[])].concat()
        });
        refuses(Violation::BadSignature, |key| {
            let mut payload = payload(&keypair, key);
            *payload.last_mut().unwrap() ^= 1;
            payload
        });
    }
}

#[test]
fn a_payload_stolen_from_another_handshake_is_a_violation() {
    let stolen = Foreign::good(&[5; 32]);

    refuses(Violation::BadSignature, |_| stolen.clone());
}

#[test]
fn a_static_key_of_low_order_is_a_violation_although_it_is_signed() {
    let mut peer = Foreign::hollow(Role::Listener);
    let mut ours = dialer(&host(1));
    peer.read(&output(&mut ours));
    let second = peer.write(&Foreign::good(&peer.static_key));
    assert_eq!(
        hear(&mut ours, &second),
        violation(Message::Second, Violation::LowOrderKey)
    );

    let mut peer = Foreign::hollow(Role::Dialer);
    let mut ours = listener(&host(1));
    hear(&mut ours, &peer.write(&[])).unwrap();
    peer.read(&output(&mut ours));
    let third = peer.write(&Foreign::good(&peer.static_key));
    assert_eq!(
        hear(&mut ours, &third),
        violation(Message::Third, Violation::LowOrderKey)
    );
    assert_eq!(ours.poll_event(), None);
}

// [noise §The libp2p Handshake Payload] The initiator's first message has no payload.
#[test]
fn a_payload_in_the_first_message_is_a_violation() {
    let mut peer = Foreign::new(Role::Dialer);

    let result = hear(&mut listener(&host(1)), &peer.write(b"early data"));

    let too_long = Violation::TooLong { len: 42, max: 32 };
    assert_eq!(result, violation(Message::First, too_long));
}

#[test]
fn a_message_of_the_longest_length_is_read_and_one_byte_more_is_not() {
    for (message, keys_len) in [(Message::Second, 96), (Message::Third, 64)] {
        let padded = |len: usize, key: &[u8]| {
            let mut payload = Foreign::good(key);
            let rest = len - keys_len - payload.len();
            // A field of a number that nobody uses; its tag and length take four bytes.
            payload.extend(field(15, &vec![0; rest - 3]));
            payload
        };
        let result_of = |len| {
            let results = Foreign::says(|key| padded(len, key));
            results
                .into_iter()
                .find(|(at, _)| *at == message)
                .unwrap()
                .1
        };

        let max = MAX_HANDSHAKE_MESSAGE_LEN;

        assert!(result_of(max).is_ok());
        let len = max + 1;
        assert_eq!(
            result_of(len),
            violation(message, Violation::TooLong { len, max })
        );
    }
}

/// Checks that a dialer and a listener of ours refuse this payload for this reason.
fn refuses(expected: Violation, payload: impl Fn(&[u8]) -> Vec<u8>) {
    for (message, result) in Foreign::says(payload) {
        assert_eq!(result, violation(message, expected));
    }
}

fn rsa_modulus(bits: usize) -> DecodeError {
    DecodeError::RsaModulus {
        bits,
        min: 2048,
        max: 8192,
    }
}

/// An RSA key whose modulus has so many bits, all of them set.
fn rsa_key_of(bits: usize) -> Vec<u8> {
    let modulus = [&[0][..], &vec![0xff; bits / 8]].concat();
    let numbers = [element(0x02, &modulus), element(0x02, &[1, 0, 1])].concat();
    let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    let algorithm = element(0x30, &[element(0x06, &oid), element(0x05, &[])].concat());
    let key = element(0x03, &[&[0][..], &element(0x30, &numbers)].concat());
    let der = element(0x30, &[algorithm, key].concat());
    [b"\x08\x00".to_vec(), field(2, &der)].concat()
}

/// An element of DER.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match content.len() {
        0..0x80 => vec![tag, len[1]],
        0x80..0x100 => vec![tag, 0x81, len[1]],
        _ => vec![tag, 0x82, len[0], len[1]],
    };
    [&head, content].concat()
}
