//! The identities that this peer can have.

use libp2p::identity::Keypair;

#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum KeyType {
    Ed25519,
    Secp256k1,
    Ecdsa,
}

impl KeyType {
    pub(crate) fn generate(self) -> Keypair {
        match self {
            Self::Ed25519 => Keypair::generate_ed25519(),
            Self::Secp256k1 => Keypair::generate_secp256k1(),
            Self::Ecdsa => Keypair::generate_ecdsa(),
        }
    }
}
