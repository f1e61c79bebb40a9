//! `PublicKey`: what a peer is known by.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::key_message::KeyMessage;
use crate::{DecodeError, KeyType, PeerId, ecdsa, ed25519, rsa, secp256k1};

/// The public key of a peer, of any of the four types.
///
/// Its encoding is deterministic: a key has one protobuf form and one [`PeerId`], however it was
/// encoded when it arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Inner);

/// A signature was not made by this key over this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature was not made by this key over this message")]
pub struct SignatureError;

#[derive(Clone, PartialEq, Eq)]
enum Inner {
    Rsa(rsa::PublicKey),
    Ed25519(ed25519::PublicKey),
    Secp256k1(secp256k1::PublicKey),
    Ecdsa(ecdsa::PublicKey),
}

impl PublicKey {
    /// Reads the protobuf message `PublicKey`; fields may come in any order and unknown ones are
    /// skipped.
    ///
    /// The 32 bytes of an Ed25519 key are not checked to be a point of the curve: nothing verifies
    /// under a key that is none.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the rule that the bytes break. An RSA key outside 2048 to 8192 bits is
    /// refused before any arithmetic.
    pub fn from_protobuf(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message = KeyMessage::decode(bytes)?;
        let data = message.data;
        Ok(Self(match message.key_type {
            KeyType::Rsa => Inner::Rsa(rsa::PublicKey::from_der(data)?),
            KeyType::Ed25519 => Inner::Ed25519(ed25519::PublicKey::from_bytes(data)?),
            KeyType::Secp256k1 => Inner::Secp256k1(secp256k1::PublicKey::from_bytes(data)?),
            KeyType::Ecdsa => Inner::Ecdsa(ecdsa::PublicKey::from_der(data)?),
        }))
    }

    /// Returns the protobuf message `PublicKey`, always the same bytes for the same key.
    pub fn to_protobuf(&self) -> Vec<u8> {
        KeyMessage {
            key_type: self.key_type(),
            data: &self.data(),
        }
        .encode()
    }

    /// Returns the type of the key.
    pub fn key_type(&self) -> KeyType {
        match self.0 {
            Inner::Rsa(_) => KeyType::Rsa,
            Inner::Ed25519(_) => KeyType::Ed25519,
            Inner::Secp256k1(_) => KeyType::Secp256k1,
            Inner::Ecdsa(_) => KeyType::Ecdsa,
        }
    }

    /// Returns the id of the peer that this key belongs to.
    pub fn to_peer_id(&self) -> PeerId {
        PeerId::from_encoded_key(&self.to_protobuf())
    }

    /// Checks that `signature` was made over `message` by the owner of this key.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] when it was not, or is no signature at all.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let is_valid = match &self.0 {
            Inner::Rsa(key) => key.verify(message, signature),
            Inner::Ed25519(key) => key.verify(message, signature),
            Inner::Secp256k1(key) => key.verify(message, signature),
            Inner::Ecdsa(key) => key.verify(message, signature),
        };
        is_valid.then_some(()).ok_or(SignatureError)
    }

    /// Returns the content of the message's `Data` field.
    fn data(&self) -> Vec<u8> {
        match &self.0 {
            Inner::Rsa(key) => key.to_der(),
            Inner::Ed25519(key) => key.to_bytes(),
            Inner::Secp256k1(key) => key.to_bytes(),
            Inner::Ecdsa(key) => key.to_der(),
        }
    }
}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.data().hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("key_type", &self.key_type())
            .field("peer_id", &self.to_peer_id())
            .finish()
    }
}

impl From<rsa::PublicKey> for PublicKey {
    fn from(key: rsa::PublicKey) -> Self {
        Self(Inner::Rsa(key))
    }
}

impl From<ed25519::PublicKey> for PublicKey {
    fn from(key: ed25519::PublicKey) -> Self {
        Self(Inner::Ed25519(key))
    }
}

impl From<secp256k1::PublicKey> for PublicKey {
    fn from(key: secp256k1::PublicKey) -> Self {
        Self(Inner::Secp256k1(key))
    }
}

impl From<ecdsa::PublicKey> for PublicKey {
    fn from(key: ecdsa::PublicKey) -> Self {
        Self(Inner::Ecdsa(key))
    }
}
