//! `SignedEnvelope`: bytes with a signature that holds for one purpose alone.

use crate::wire::{self, WireError};
use crate::{DecodeError, Keypair, PublicKey, SignError};

/// Bytes, what kind of bytes they are, and a signature over both by the key in it (RFC 0002).
///
/// The signature also covers a *domain*, a name for the purpose of the bytes that is not part of
/// the envelope: what was signed for one purpose cannot be presented for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedEnvelope {
    public_key: PublicKey,
    payload_type: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// The content of an envelope whose signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened<'a> {
    /// The key that signed. Whether its owner may say what the payload says is for the reader to
    /// check: a record about a peer must be signed by that peer.
    pub signer: &'a PublicKey,
    /// The signed bytes.
    pub payload: &'a [u8],
}

/// An envelope was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Payload and payload type do not fit an envelope.
    #[error("payload and its type have {len} bytes, and an envelope takes {max}")]
    TooLong {
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The key did not sign.
    #[error("envelope was not signed")]
    Sign(#[from] SignError),
}

/// Bytes are not an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The bytes are longer than an envelope may be; they were not looked at.
    #[error("envelope has {len} bytes, and {max} are allowed")]
    TooLong {
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The bytes are not a protobuf message.
    #[error("envelope is not a protobuf message")]
    Malformed(#[from] WireError),
    /// The envelope holds no public key.
    #[error("envelope lacks its public key")]
    MissingKey,
    /// The public key in the envelope cannot be used.
    #[error("envelope's public key is unusable")]
    Key(#[from] DecodeError),
}

/// An envelope does not prove what it is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The payload is of another type than expected.
    #[error("envelope holds another type of payload than expected")]
    PayloadType,
    /// The signature does not cover this payload, for this domain, by this key.
    #[error("envelope's signature does not hold for this domain")]
    Signature,
}

impl SignedEnvelope {
    /// The longest envelope that is read, in bytes: 64 KiB, several times what the largest record
    /// in use needs.
    pub const MAX_LEN: usize = 64 * 1024;

    /// The longest payload and payload type that are sealed, together and in bytes. The rest of
    /// [`MAX_LEN`](Self::MAX_LEN) is room for the largest key and signature.
    pub const MAX_CONTENT_LEN: usize = Self::MAX_LEN - 4 * 1024;

    /// Signs `payload` for the purpose that `domain` names.
    ///
    /// # Errors
    ///
    /// [`SealError::TooLong`] beyond [`MAX_CONTENT_LEN`](Self::MAX_CONTENT_LEN).
    pub fn seal(
        keypair: &Keypair,
        domain: &str,
        payload_type: &[u8],
        payload: &[u8],
    ) -> Result<Self, SealError> {
        let len = payload.len().saturating_add(payload_type.len());
        if len > Self::MAX_CONTENT_LEN {
            return Err(SealError::TooLong {
                len,
                max: Self::MAX_CONTENT_LEN,
            });
        }
        let signature = keypair.sign(&signed_bytes(domain, payload_type, payload))?;
        Ok(Self {
            public_key: keypair.public(),
            payload_type: payload_type.to_vec(),
            payload: payload.to_vec(),
            signature,
        })
    }

    /// Checks type and signature, and only then gives out the payload.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when the payload is of another type, or was not signed by the envelope's key
    /// for the purpose that `domain` names.
    pub fn open(&self, domain: &str, payload_type: &[u8]) -> Result<Opened<'_>, OpenError> {
        if self.payload_type != payload_type {
            return Err(OpenError::PayloadType);
        }
        // [signed-envelopes §Signature Production / Verification] The payload is not looked at before this holds.
        let signed = signed_bytes(domain, &self.payload_type, &self.payload);
        self.public_key
            .verify(&signed, &self.signature)
            .map_err(|_| OpenError::Signature)?;
        Ok(Opened {
            signer: &self.public_key,
            payload: &self.payload,
        })
    }

    /// Reads the protobuf form; fields may come in any order and unknown ones are skipped.
    ///
    /// The signature is not checked here: [`open`](Self::open) does it, for a purpose.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`] names the rule that the bytes break.
    pub fn from_protobuf(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > Self::MAX_LEN {
            return Err(EnvelopeError::TooLong {
                len: bytes.len(),
                max: Self::MAX_LEN,
            });
        }
        let mut public_key = None;
        let (mut payload_type, mut payload, mut signature) = (&[][..], &[][..], &[][..]);
        let mut reader = wire::Reader::new(bytes);
        while let Some(field) = reader.next_field()? {
            match field.number {
                PUBLIC_KEY => public_key = Some(field.bytes()?),
                PAYLOAD_TYPE => payload_type = field.bytes()?,
                PAYLOAD => payload = field.bytes()?,
                SIGNATURE => signature = field.bytes()?,
                _ => {}
            }
        }
        let public_key = public_key.ok_or(EnvelopeError::MissingKey)?;
        Ok(Self {
            public_key: PublicKey::from_protobuf(public_key)?,
            payload_type: payload_type.to_vec(),
            payload: payload.to_vec(),
            signature: signature.to_vec(),
        })
    }

    /// Returns the protobuf form.
    pub fn to_protobuf(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let fields = [
            (PUBLIC_KEY, &self.public_key.to_protobuf()),
            (PAYLOAD_TYPE, &self.payload_type),
            (PAYLOAD, &self.payload),
            (SIGNATURE, &self.signature),
        ];
        for (number, value) in fields {
            wire::push_bytes_field(&mut out, number as u8, value);
        }
        out
    }

    /// Returns the key that claims to have signed; only [`open`](Self::open) tells whether it did.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Returns the type that the payload claims to have.
    pub fn payload_type(&self) -> &[u8] {
        &self.payload_type
    }
}

/// Returns what is signed: domain, type and payload, each with its length in front.
fn signed_bytes(domain: &str, payload_type: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in [domain.as_bytes(), payload_type, payload] {
        wire::push_prefixed(&mut out, part);
    }
    out
}

// Field numbers as all implementations have them; the RFC's text says 4 for the signature.
const PUBLIC_KEY: u32 = 1;
const PAYLOAD_TYPE: u32 = 2;
const PAYLOAD: u32 = 3;
const SIGNATURE: u32 = 5;
