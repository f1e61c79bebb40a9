//! Generation from the randomness of the operating system.

use super::{GenerateError, Keypair};
use crate::KeyType;

impl Keypair {
    /// Generates an Ed25519 key, the type to choose without a reason for another.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give.
    pub fn generate_ed25519() -> Self {
        generate(KeyType::Ed25519)
    }

    /// Generates a secp256k1 key.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give.
    pub fn generate_secp256k1() -> Self {
        generate(KeyType::Secp256k1)
    }

    /// Generates an ECDSA P-256 key.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give.
    pub fn generate_ecdsa() -> Self {
        generate(KeyType::Ecdsa)
    }

    /// Generates a key of any type but RSA.
    ///
    /// # Errors
    ///
    /// [`GenerateError`] for RSA, and when the operating system has no randomness to give.
    pub fn generate_from_os(key_type: KeyType) -> Result<Self, GenerateError> {
        Self::generate_with(key_type, |secret| {
            getrandom::fill(secret).map_err(|_| GenerateError::NoRandomness)
        })
    }
}

fn generate(key_type: KeyType) -> Keypair {
    Keypair::generate_from_os(key_type)
        .expect("the type is not RSA, and the operating system has randomness")
}
