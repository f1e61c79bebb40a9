//! The protobuf message that carries a key, public or private: a type and its bytes.

use crate::KeyType;
use crate::wire::{self, WireError};

/// Bytes are not a key that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are longer than any key can be; they were not looked at.
    #[error("encoded key has {len} bytes, more than the {max} that any key needs")]
    TooLong {
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The bytes are not a protobuf message.
    #[error("encoded key is not a protobuf message")]
    Malformed(#[from] WireError),
    /// A field that a key cannot be without is absent.
    #[error("encoded key lacks its {0} field")]
    MissingField(&'static str),
    /// The type is none of RSA (0), Ed25519 (1), secp256k1 (2) and ECDSA (3).
    #[error("unknown key type {0}")]
    UnknownKeyType(u64),
    /// The bytes are not a key of the type they claim to be.
    #[error("bytes are not a valid {0} key")]
    InvalidKey(KeyType),
    /// An ECDSA key lies on another curve than P-256.
    #[error("ecdsa key is not on the curve P-256, the only one supported")]
    UnsupportedCurve,
    /// An RSA modulus is too small to be safe or too large to be worked with.
    #[error("rsa key has {bits} bits; between {min} and {max} are supported")]
    RsaModulus {
        /// Bits of the modulus found.
        bits: usize,
        /// Smallest size supported.
        min: usize,
        /// Largest size supported: 8192 to verify, 4096 to sign.
        max: usize,
    },
    /// An RSA public exponent is even, less than 3, or above 2^33 - 1.
    #[error("rsa public exponent is even or out of range")]
    RsaExponent,
    /// The public key stored beside a private key is not the one that belongs to it.
    #[error("public key stored with the private key does not belong to it")]
    KeyMismatch,
}

/// The longest encoded key that is looked at, in bytes.
///
/// The largest that is accepted, an RSA private key of 4096 bits, needs under 2,500. The rest is
/// room to name the size of a larger one in the error.
pub(crate) const MAX_LEN: usize = 16 * 1024;

/// The messages `PublicKey` and `PrivateKey`, which have the same two fields.
#[derive(Debug)]
pub(crate) struct KeyMessage<'a> {
    pub(crate) key_type: KeyType,
    pub(crate) data: &'a [u8],
}

impl<'a> KeyMessage<'a> {
    /// Reads a message; fields may come in any order and unknown ones are skipped.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_LEN {
            return Err(DecodeError::TooLong {
                len: bytes.len(),
                max: MAX_LEN,
            });
        }
        let mut key_type = None;
        let mut data = None;
        let mut reader = wire::Reader::new(bytes);
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => key_type = Some(field.varint()?),
                2 => data = Some(field.bytes()?),
                _ => {}
            }
        }
        let code = key_type.ok_or(DecodeError::MissingField("type"))?;
        Ok(Self {
            key_type: KeyType::from_code(code).ok_or(DecodeError::UnknownKeyType(code))?,
            data: data.ok_or(DecodeError::MissingField("data"))?,
        })
    }

    /// Encodes the message, always to the same bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // One allocation: a buffer that grows would leave pieces of a private key behind.
        let mut out = Vec::with_capacity(self.data.len() + MAX_OVERHEAD);
        // [peer-ids §Keys] Both fields are required, so the type stands there even when it is 0.
        wire::push_varint_field(&mut out, 1, u64::from(self.key_type.code()));
        wire::push_bytes_field(&mut out, 2, self.data);
        out
    }
}

/// Two tags, a one-byte type and a length.
const MAX_OVERHEAD: usize = 13;
