//! Ed25519 keys.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::{DecodeError, KeyType};

/// A seed and the public key that follows from it.
///
/// ring does not wipe its key objects, so none is kept: one is made for the length of a signature.
pub(crate) struct SecretKey {
    seed: Zeroizing<[u8; SEED_LEN]>,
    public: PublicKey,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PublicKey([u8; PUBLIC_LEN]);

impl SecretKey {
    pub(crate) fn from_seed(seed: Zeroizing<[u8; SEED_LEN]>) -> Self {
        let mut public = [0; PUBLIC_LEN];
        public.copy_from_slice(expand(&seed).public_key().as_ref());
        Self {
            seed,
            public: PublicKey(public),
        }
    }

    /// Reads the seed followed by the public key, once or (the legacy form) twice.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (seed, public_keys) = bytes
            .split_first_chunk::<SEED_LEN>()
            .ok_or(DecodeError::InvalidKey(KeyType::Ed25519))?;
        // [peer-ids §Ed25519] 64 bytes, or 96 with a second copy that must be identical.
        if !matches!(public_keys.len(), PUBLIC_LEN | DOUBLE_PUBLIC_LEN) {
            return Err(DecodeError::InvalidKey(KeyType::Ed25519));
        }
        let key = Self::from_seed(Zeroizing::new(*seed));
        if public_keys
            .chunks_exact(PUBLIC_LEN)
            .any(|public| public != key.public.0)
        {
            return Err(DecodeError::KeyMismatch);
        }
        Ok(key)
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.seed.as_slice(), &self.public.0].concat())
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.public
    }

    pub(crate) fn material(&self) -> &[u8] {
        self.seed.as_slice()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        expand(&self.seed).sign(message).as_ref().to_vec()
    }
}

impl PublicKey {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| DecodeError::InvalidKey(KeyType::Ed25519))
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(message, signature)
            .is_ok()
    }
}

fn expand(seed: &[u8; SEED_LEN]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are an Ed25519 seed")
}

const SEED_LEN: usize = 32;
const PUBLIC_LEN: usize = 32;
const DOUBLE_PUBLIC_LEN: usize = 2 * PUBLIC_LEN;
