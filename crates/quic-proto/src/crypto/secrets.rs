//! The endpoint's own secrets: those that survive a restart, and those that follow from the seed.

use std::net::SocketAddr;

use rand::{SeedableRng as _, rngs::StdRng};
use ring::{hkdf, hmac};
use sinew_identity::Keypair;

/// Where the endpoint's keys and random generators come from.
pub(crate) struct Secrets<'a> {
    keypair: &'a Keypair,
    socket: SocketAddr,
    seed: &'a [u8; 32],
}

impl<'a> Secrets<'a> {
    pub(crate) fn new(keypair: &'a Keypair, socket: SocketAddr, seed: &'a [u8; 32]) -> Self {
        Self {
            keypair,
            socket,
            seed,
        }
    }

    /// Returns the key of stateless reset tokens, the same in every life of the node's socket.
    pub(crate) fn reset_key(&self) -> hmac::Key {
        self.lasting("sinew quic stateless reset")
    }

    /// Returns the key of connection ids, the same in every life of the node's socket.
    pub(crate) fn cid_key(&self) -> hmac::Key {
        self.lasting("sinew quic connection id")
    }

    /// Returns the key of address validation tokens, the same in every life of the node.
    pub(crate) fn token_key(&self) -> hkdf::Prk {
        let secret = self.keypair.derive_secret(b"sinew quic address token");
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, secret.as_slice())
    }

    /// Returns a generator that shares nothing with that of another label.
    pub(crate) fn rng(&self, label: &[u8]) -> StdRng {
        StdRng::from_seed(self.seed(label))
    }

    /// Returns a seed that shares nothing with that of another label.
    pub(crate) fn seed(&self, label: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.seed);
        let tag = hmac::sign(&key, label);
        let mut seed = [0; 32];
        for (to, from) in seed.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        seed
    }

    // [RFC 9000 §21.11] A socket that shares the keys of another can be made to give away the token that
    // ends the other's connections.
    fn lasting(&self, label: &str) -> hmac::Key {
        let label = format!("{label} {}", self.socket);
        let secret = self.keypair.derive_secret(label.as_bytes());
        hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice())
    }
}
