//! Generation from the randomness of the operating system.

use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::Keypair;
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
}

fn generate(key_type: KeyType) -> Keypair {
    Keypair::generate(key_type, &mut UnwrapErr(SysRng))
        .expect("the type is not RSA, and the operating system's randomness is not broken")
}
