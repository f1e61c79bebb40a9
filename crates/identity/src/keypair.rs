//! `Keypair`: the private key that makes a peer itself.

use std::fmt;
use std::sync::Arc;

use rand_core::CryptoRng;
use ring::hkdf;
use zeroize::Zeroizing;

use crate::key_message::KeyMessage;
use crate::{DecodeError, KeyType, PeerId, PublicKey, ecdsa, ed25519, rsa, secp256k1};

/// A private key with its public key and [`PeerId`]; a clone is another handle to the same key.
///
/// The key is wiped from memory when the last handle is dropped. ring's working forms are not, which
/// nobody outside ring can change: that of an RSA key is freed with the last handle, that of an Ed25519
/// key is made for the length of a signature. `Debug` prints the type and the peer id alone.
#[derive(Clone)]
pub struct Keypair(Arc<Inner>);

/// No key was generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// RSA keys are never generated, only imported.
    #[error("rsa keys are not generated; import one, or generate an ed25519 key")]
    RsaUnsupported,
    /// The random source gives the same unusable numbers again and again: it is broken.
    #[error("random source gave no usable number in {0} attempts")]
    BrokenRandomSource(u32),
    /// The operating system gave no randomness.
    #[error("operating system gave no randomness")]
    NoRandomness,
}

/// A key did not sign.
///
/// For RSA the result is checked before it is given out, so this is a fault in the computer or a
/// key whose numbers do not belong together. The other types do not get here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("private key gave no valid signature")]
pub struct SignError;

struct Inner {
    secret: Secret,
    public: PublicKey,
    peer_id: PeerId,
}

enum Secret {
    Rsa(Box<rsa::SecretKey>),
    Ed25519(ed25519::SecretKey),
    Secp256k1(secp256k1::SecretKey),
    Ecdsa(ecdsa::SecretKey),
}

impl Keypair {
    /// Generates a key from `rng`: 32 bytes, or more when those are no key (once in 2^32 for ECDSA,
    /// never in practice for secp256k1).
    ///
    /// # Errors
    ///
    /// [`GenerateError::RsaUnsupported`] for [`KeyType::Rsa`].
    pub fn generate<R>(key_type: KeyType, rng: &mut R) -> Result<Self, GenerateError>
    where
        R: CryptoRng + ?Sized,
    {
        Self::generate_with(key_type, |secret| {
            rng.fill_bytes(secret);
            Ok(())
        })
    }

    /// Makes the Ed25519 key of a 32-byte secret (the seed of RFC 8032).
    pub fn ed25519_from_secret(secret: [u8; 32]) -> Self {
        ed25519::SecretKey::from_seed(Zeroizing::new(secret)).into()
    }

    /// Makes the secp256k1 key of a 32-byte secret, the scalar in big-endian order.
    ///
    /// # Errors
    ///
    /// [`DecodeError::InvalidKey`] when the secret is zero or not below the order of the curve.
    pub fn secp256k1_from_secret(secret: [u8; 32]) -> Result<Self, DecodeError> {
        let secret = Zeroizing::new(secret);
        secp256k1::SecretKey::from_bytes(secret.as_slice()).map(Self::from)
    }

    /// Makes the ECDSA P-256 key of a 32-byte secret, the scalar in big-endian order.
    ///
    /// # Errors
    ///
    /// [`DecodeError::InvalidKey`] when the secret is zero or not below the order of the curve.
    pub fn ecdsa_from_secret(secret: [u8; 32]) -> Result<Self, DecodeError> {
        let secret = Zeroizing::new(secret);
        ecdsa::SecretKey::from_scalar(secret.as_slice()).map(Self::from)
    }

    /// Reads the protobuf message `PrivateKey`, in which every libp2p implementation stores keys.
    ///
    /// An Ed25519 key may have the legacy form of 96 bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the rule that the bytes break. An RSA key outside 2048 to 4096 bits is
    /// refused before any arithmetic.
    pub fn from_protobuf(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message = KeyMessage::decode(bytes)?;
        let data = message.data;
        Ok(match message.key_type {
            KeyType::Rsa => rsa::SecretKey::from_der(data)?.into(),
            KeyType::Ed25519 => ed25519::SecretKey::from_bytes(data)?.into(),
            KeyType::Secp256k1 => secp256k1::SecretKey::from_bytes(data)?.into(),
            KeyType::Ecdsa => ecdsa::SecretKey::from_der(data)?.into(),
        })
    }

    /// Returns the protobuf message `PrivateKey`, always the same bytes for the same key.
    pub fn to_protobuf(&self) -> Zeroizing<Vec<u8>> {
        let data = match &self.0.secret {
            Secret::Rsa(key) => key.to_der(),
            Secret::Ed25519(key) => key.to_bytes(),
            Secret::Secp256k1(key) => key.to_bytes(),
            Secret::Ecdsa(key) => key.to_der(),
        };
        Zeroizing::new(
            KeyMessage {
                key_type: self.key_type(),
                data: &data,
            }
            .encode(),
        )
    }

    /// Returns the type of the key.
    pub fn key_type(&self) -> KeyType {
        self.0.public.key_type()
    }

    /// Returns the public key.
    pub fn public(&self) -> PublicKey {
        self.0.public.clone()
    }

    /// Returns the id under which other peers know the owner of this key.
    pub fn peer_id(&self) -> PeerId {
        self.0.peer_id
    }

    /// Signs `message`. The same key and message give the same signature, whatever the type.
    ///
    /// # Errors
    ///
    /// [`SignError`] when the computation went wrong; nothing about the message can cause it.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.0.secret {
            Secret::Rsa(key) => key.sign(message),
            Secret::Ed25519(key) => Ok(key.sign(message)),
            Secret::Secp256k1(key) => key.sign(message),
            Secret::Ecdsa(key) => key.sign(message),
        }
    }

    /// Derives a secret for the purpose that `label` names, with HKDF-SHA256 over the private key.
    ///
    /// The same key and label give the same secret after a restart; nothing about the key or about
    /// the secret of another label follows from it.
    pub fn derive_secret(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, DERIVE_SALT);
        let prk = match &self.0.secret {
            Secret::Rsa(key) => salt.extract(key.material()),
            Secret::Ed25519(key) => salt.extract(key.material()),
            Secret::Secp256k1(key) => salt.extract(&key.to_bytes()),
            Secret::Ecdsa(key) => salt.extract(&key.material()),
        };
        let mut secret = Zeroizing::new([0; 32]);
        // The name makes the same 32 bytes, used for two types, give two secrets; no name is a
        // prefix of another.
        let info = [self.key_type().name().as_bytes(), label];
        prk.expand(&info, hkdf::HKDF_SHA256)
            .and_then(|output| output.fill(secret.as_mut_slice()))
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        secret
    }

    fn generate_with(
        key_type: KeyType,
        mut fill: impl FnMut(&mut [u8]) -> Result<(), GenerateError>,
    ) -> Result<Self, GenerateError> {
        for _ in 0..GENERATE_ATTEMPTS {
            let mut secret = Zeroizing::new([0; 32]);
            fill(secret.as_mut_slice())?;
            let key = match key_type {
                KeyType::Rsa => return Err(GenerateError::RsaUnsupported),
                KeyType::Ed25519 => Ok(ed25519::SecretKey::from_seed(secret).into()),
                KeyType::Secp256k1 => {
                    secp256k1::SecretKey::from_bytes(secret.as_slice()).map(Self::from)
                }
                KeyType::Ecdsa => ecdsa::SecretKey::from_scalar(secret.as_slice()).map(Self::from),
            };
            if let Ok(key) = key {
                return Ok(key);
            }
        }
        Err(GenerateError::BrokenRandomSource(GENERATE_ATTEMPTS))
    }

    fn new(secret: Secret, public: PublicKey) -> Self {
        let peer_id = public.to_peer_id();
        Self(Arc::new(Inner {
            secret,
            public,
            peer_id,
        }))
    }
}

impl fmt::Debug for Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keypair")
            .field("key_type", &self.key_type())
            .field("peer_id", &self.peer_id())
            .finish_non_exhaustive()
    }
}

impl From<rsa::SecretKey> for Keypair {
    fn from(key: rsa::SecretKey) -> Self {
        let public = key.public().into();
        Self::new(Secret::Rsa(Box::new(key)), public)
    }
}

impl From<ed25519::SecretKey> for Keypair {
    fn from(key: ed25519::SecretKey) -> Self {
        let public = key.public().into();
        Self::new(Secret::Ed25519(key), public)
    }
}

impl From<secp256k1::SecretKey> for Keypair {
    fn from(key: secp256k1::SecretKey) -> Self {
        let public = key.public().into();
        Self::new(Secret::Secp256k1(key), public)
    }
}

impl From<ecdsa::SecretKey> for Keypair {
    fn from(key: ecdsa::SecretKey) -> Self {
        let public = key.public().into();
        Self::new(Secret::Ecdsa(key), public)
    }
}

/// Chance gives an unusable number sixteen times in a row less than once in 2^500 keys.
const GENERATE_ATTEMPTS: u32 = 16;
const DERIVE_SALT: &[u8] = b"sinew identity derived secret";

#[cfg(feature = "os")]
mod os;
