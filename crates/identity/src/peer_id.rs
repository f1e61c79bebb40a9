//! `PeerId`: the name of a peer, which follows from its public key.

use std::fmt;
use std::str::FromStr;

use multibase::Base;
use ring::digest;

use crate::PublicKey;

/// The name of a peer: a multihash of its encoded public key.
///
/// Keys of up to 42 encoded bytes (Ed25519, secp256k1) are held whole, longer ones by their SHA-256
/// digest. The text form that `Display` prints is base58 (`12D3KooW…`, `Qm…`); `FromStr` reads that
/// and the CID forms (`bafz…`, `k51…`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId {
    /// The multihash, filled up with zeros.
    bytes: [u8; PeerId::MAX_LEN],
    len: u8,
}

/// Text or bytes are not a peer id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerIdError {
    /// The text is longer than any form of a peer id; it was not looked at.
    #[error("text has {len} bytes, more than the {max} that any peer id needs")]
    TextTooLong {
        /// Bytes of text given.
        len: usize,
        /// Bytes of text allowed.
        max: usize,
    },
    /// The text begins like a base58 peer id and has a character that base58 has not.
    #[error("text is not base58")]
    NotBase58,
    /// The text is in none of the encodings of a CID.
    #[error("text is neither a base58 peer id nor a cid")]
    NotCid,
    /// The text is a CID, but of something else than a libp2p key.
    #[error("cid does not name a libp2p key")]
    NotPeerCid,
    /// The bytes end early, or go on after the end.
    #[error("multihash has the wrong length")]
    Length,
    /// The multihash uses a function that peer ids do not have.
    #[error("peer id is hashed with the function {0:#x}; sha2-256 or identity expected")]
    HashFunction(u8),
    /// The digest is no SHA-256 digest, or too long to be held whole.
    #[error("peer id's digest has {0} bytes")]
    DigestLength(u8),
}

impl PeerId {
    /// The length of the longest peer id, in bytes.
    pub const MAX_LEN: usize = 2 + MAX_INLINE_KEY_LEN;

    /// Returns the id of the peer that owns `key`.
    pub fn from_public_key(key: &PublicKey) -> Self {
        key.to_peer_id()
    }

    /// Reads the binary form, a multihash.
    ///
    /// # Errors
    ///
    /// [`PeerIdError`] unless it is an identity multihash of at most 42 bytes or a SHA-256 one of
    /// 32, with nothing behind it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PeerIdError> {
        let [function, digest_len, digest @ ..] = bytes else {
            return Err(PeerIdError::Length);
        };
        // Both numbers are varints. The ones allowed fit one byte, and a longer varint begins with
        // a byte that is neither.
        let is_supported = match *function {
            IDENTITY => usize::from(*digest_len) <= MAX_INLINE_KEY_LEN,
            SHA2_256 => usize::from(*digest_len) == digest::SHA256_OUTPUT_LEN,
            other => return Err(PeerIdError::HashFunction(other)),
        };
        if !is_supported {
            return Err(PeerIdError::DigestLength(*digest_len));
        }
        if digest.len() != usize::from(*digest_len) {
            return Err(PeerIdError::Length);
        }
        Ok(Self::from_multihash(*function, digest))
    }

    /// Returns the binary form, a multihash.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    /// Returns the binary form, a multihash.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.len))
            .expect("len is at most MAX_LEN")
    }

    /// Returns the text form of the newer kind: a CIDv1 in base32 (`bafz…`).
    pub fn to_cid(&self) -> String {
        multibase::encode(Base::Base32Lower, [CID_PREFIX, self.as_bytes()].concat())
    }

    /// Returns the public key, if the id holds it whole (Ed25519 and secp256k1).
    pub fn as_public_key(&self) -> Option<PublicKey> {
        let encoded = self.as_bytes().strip_prefix(&[IDENTITY])?.get(1..)?;
        // Another encoding of a key makes an id that nobody who owns the key would ever use.
        PublicKey::from_protobuf(encoded)
            .ok()
            .filter(|key| key.to_peer_id() == *self)
    }

    /// Returns the id of the peer whose public key has the protobuf form `encoded`.
    pub(crate) fn from_encoded_key(encoded: &[u8]) -> Self {
        // [peer-ids §Peer Ids] Up to 42 bytes are held whole, more are hashed.
        if encoded.len() <= MAX_INLINE_KEY_LEN {
            Self::from_multihash(IDENTITY, encoded)
        } else {
            Self::from_multihash(SHA2_256, digest::digest(&digest::SHA256, encoded).as_ref())
        }
    }

    /// Joins a function and a digest of at most `MAX_INLINE_KEY_LEN` bytes.
    fn from_multihash(function: u8, digest: &[u8]) -> Self {
        let mut bytes = [0; Self::MAX_LEN];
        let content = [function, digest.len() as u8]
            .into_iter()
            .chain(digest.iter().copied());
        for (slot, byte) in bytes.iter_mut().zip(content) {
            *slot = byte;
        }
        Self {
            bytes,
            len: 2 + digest.len() as u8,
        }
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&bs58::encode(self.as_bytes()).into_string())
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerId({self})")
    }
}

impl FromStr for PeerId {
    type Err = PeerIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Decoding base58 takes time with the square of the length.
        if text.len() > MAX_TEXT_LEN {
            return Err(PeerIdError::TextTooLong {
                len: text.len(),
                max: MAX_TEXT_LEN,
            });
        }
        // [peer-ids §String representation] These beginnings are multihashes in base58, all others
        // are CIDs.
        if text.starts_with('1') || text.starts_with("Qm") {
            let bytes = bs58::decode(text)
                .into_vec()
                .map_err(|_| PeerIdError::NotBase58)?;
            return Self::from_bytes(&bytes);
        }
        let (_base, bytes) = multibase::decode(text).map_err(|_| PeerIdError::NotCid)?;
        let multihash = bytes
            .strip_prefix(CID_PREFIX)
            .ok_or(PeerIdError::NotPeerCid)?;
        Self::from_bytes(multihash)
    }
}

impl From<&PublicKey> for PeerId {
    fn from(key: &PublicKey) -> Self {
        key.to_peer_id()
    }
}

/// The longest encoded key that is held whole.
const MAX_INLINE_KEY_LEN: usize = 42;
/// The longest id has 46 bytes as a CID; base 2, the widest base, makes 369 characters of them.
/// Nobody writes that: base16 needs 93.
const MAX_TEXT_LEN: usize = 128;
/// Multihash functions.
const IDENTITY: u8 = 0x00;
const SHA2_256: u8 = 0x12;
/// CID version 1, content type `libp2p-key`.
const CID_PREFIX: &[u8] = &[0x01, 0x72];

#[cfg(feature = "serde")]
mod serde;
