//! RSA keys of every size: which are read, and that the others are refused by their size alone.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use sinew_identity::{DecodeError, KeyType, Keypair, PublicKey};

#[test]
fn public_keys_of_2048_to_8192_bits_are_read_and_written_back() {
    for bits in [2048, 2049, 3072, 4096, 8191, 8192] {
        let bytes = public(&modulus(bits), &[1, 0, 1]);

        let key = PublicKey::from_protobuf(&bytes).unwrap();

        assert_eq!(key.key_type(), KeyType::Rsa);
        assert_eq!(key.to_protobuf(), bytes);
    }
}

#[test]
fn public_keys_of_other_sizes_are_refused_with_their_size() {
    for bits in [1, 1024, 2047, 8193, 16384, 100_000] {
        assert_eq!(
            PublicKey::from_protobuf(&public(&modulus(bits), &[1, 0, 1])).unwrap_err(),
            DecodeError::RsaModulus {
                bits,
                min: 2048,
                max: 8192
            }
        );
    }
}

#[test]
fn private_keys_of_other_sizes_than_2048_to_4096_bits_are_refused_with_their_size() {
    for bits in [512, 2047, 4097, 8192, 16384] {
        assert_eq!(
            Keypair::from_protobuf(&private(&modulus(bits))).unwrap_err(),
            DecodeError::RsaModulus {
                bits,
                min: 2048,
                max: 4096
            }
        );
    }
}

#[test]
fn keys_longer_than_any_are_not_looked_at() {
    let bytes = public(&modulus(200_000), &[1, 0, 1]);

    assert!(matches!(
        PublicKey::from_protobuf(&bytes),
        Err(DecodeError::TooLong { max: 16384, .. })
    ));
    assert!(matches!(
        Keypair::from_protobuf(&bytes),
        Err(DecodeError::TooLong { max: 16384, .. })
    ));
}

#[test]
fn exponents_that_are_even_or_out_of_range_are_refused() {
    for exponent in [&[1][..], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1; 64]] {
        assert_eq!(
            PublicKey::from_protobuf(&public(&modulus(2048), exponent)).unwrap_err(),
            DecodeError::RsaExponent,
            "{exponent:?}"
        );
    }
    for exponent in [&[3][..], &[1, 0, 1], &[1, 0xff, 0xff, 0xff, 0xff]] {
        assert!(PublicKey::from_protobuf(&public(&modulus(2048), exponent)).is_ok());
    }
}

#[test]
fn an_even_modulus_is_no_key() {
    let mut modulus = modulus(2048);
    *modulus.last_mut().unwrap() = 0xfe;

    assert_eq!(
        PublicKey::from_protobuf(&public(&modulus, &[1, 0, 1])).unwrap_err(),
        DecodeError::InvalidKey(KeyType::Rsa)
    );
}

#[test]
fn a_private_key_whose_numbers_do_not_belong_together_is_no_key() {
    assert_eq!(
        Keypair::from_protobuf(&private(&modulus(2048))).unwrap_err(),
        DecodeError::InvalidKey(KeyType::Rsa)
    );
}

#[test]
fn another_algorithm_or_other_parameters_are_no_rsa_key() {
    let good = public(&modulus(2048), &[1, 0, 1]);
    let at = good.windows(9).position(|window| window == OID).unwrap();
    let mut other_algorithm = good.clone();
    other_algorithm[at + 8] = 10;
    let mut other_parameters = good.clone();
    other_parameters[at + 9] = 4;

    for bytes in [other_algorithm, other_parameters] {
        assert_eq!(
            PublicKey::from_protobuf(&bytes).unwrap_err(),
            DecodeError::InvalidKey(KeyType::Rsa)
        );
    }
}

#[test]
fn negative_padded_and_trailing_numbers_are_no_key() {
    let exponent = element(INTEGER, &[1, 0, 1]);
    let negative = element(INTEGER, &[0xff; 256]);
    let padded = element(INTEGER, &[&[0, 0][..], &[0xff; 256]].concat());
    let good = element(INTEGER, &[&[0][..], &[0xff; 256]].concat());
    let bodies = [
        [&negative[..], &exponent].concat(),
        [&padded[..], &exponent].concat(),
        good.clone(),
        [&good[..], &exponent, &exponent].concat(),
    ];
    for body in bodies {
        assert_eq!(
            PublicKey::from_protobuf(&public_of(&body)).unwrap_err(),
            DecodeError::InvalidKey(KeyType::Rsa)
        );
    }
}

/// An odd number of exactly so many bits.
fn modulus(bits: usize) -> Vec<u8> {
    let mut number = vec![0xff; bits.div_ceil(8)];
    number[0] >>= (8 - bits % 8) % 8;
    number
}

fn public(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    public_of(&[integer(modulus), integer(exponent)].concat())
}

fn public_of(body: &[u8]) -> Vec<u8> {
    let algorithm = element(SEQUENCE, &[&[6, 9][..], &OID, &[5, 0]].concat());
    let bits = [&[0][..], &element(SEQUENCE, body)].concat();
    message(&element(
        SEQUENCE,
        &[algorithm, element(BIT_STRING, &bits)].concat(),
    ))
}

/// A private key whose modulus is `modulus` and whose other numbers are all 65537.
fn private(modulus: &[u8]) -> Vec<u8> {
    let mut body = element(INTEGER, &[0]);
    body.extend(integer(modulus));
    for _ in 0..7 {
        body.extend(integer(&[1, 0, 1]));
    }
    message(&element(SEQUENCE, &body))
}

fn message(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![8, 0, 18];
    let mut len = data.len();
    while len >= 0x80 {
        bytes.push(len as u8 | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
    bytes.extend(data);
    bytes
}

fn integer(number: &[u8]) -> Vec<u8> {
    if number[0] < 0x80 {
        return element(INTEGER, number);
    }
    element(INTEGER, &[&[0], number].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        0x100..0x1_0000 => vec![tag, 0x82, (len >> 8) as u8, len as u8],
        _ => vec![tag, 0x83, (len >> 16) as u8, (len >> 8) as u8, len as u8],
    };
    [&head, content].concat()
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
const OID: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
