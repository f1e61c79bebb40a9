//! `KeyType`: the four kinds of host key that libp2p knows.

use std::fmt;
use std::str::FromStr;

/// One of the four kinds of host key that libp2p knows.
///
/// The text form (`Display`, `FromStr`) is the lower-case name: `rsa`, `ed25519`, `secp256k1`,
/// `ecdsa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyType {
    /// RSA with PKCS#1 v1.5 signatures over SHA-256. Verified, and signed with from an existing key;
    /// never generated.
    Rsa,
    /// Ed25519: the default, and what every libp2p implementation understands.
    Ed25519,
    /// ECDSA over secp256k1 and SHA-256, the curve of Bitcoin and Ethereum.
    Secp256k1,
    /// ECDSA over NIST P-256 and SHA-256.
    Ecdsa,
}

/// The text names no key type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown key type; expected one of ed25519, secp256k1, ecdsa, rsa")]
pub struct ParseKeyTypeError;

impl KeyType {
    /// Every key type, in the order of its number on the wire.
    pub const ALL: [Self; 4] = [Self::Rsa, Self::Ed25519, Self::Secp256k1, Self::Ecdsa];

    /// Returns the name that `Display` prints and `FromStr` reads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
            Self::Secp256k1 => "secp256k1",
            Self::Ecdsa => "ecdsa",
        }
    }

    /// Returns the number that stands for this type in the `Type` field of a key message.
    pub(crate) const fn code(self) -> u8 {
        // [peer-ids §Keys] The enum `KeyType`.
        match self {
            Self::Rsa => 0,
            Self::Ed25519 => 1,
            Self::Secp256k1 => 2,
            Self::Ecdsa => 3,
        }
    }

    /// Returns the type that `code` stands for in the `Type` field of a key message.
    pub(crate) fn from_code(code: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|key_type| u64::from(key_type.code()) == code)
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for KeyType {
    type Err = ParseKeyTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|key_type| key_type.name() == text)
            .ok_or(ParseKeyTypeError)
    }
}
