//! The endpoint's own secrets: those that survive a restart, and those that follow from the seed.

use rand::{SeedableRng as _, rngs::StdRng};
use ring::{hkdf, hmac};
use sinew_identity::Keypair;

/// Where the endpoint's keys and random generators come from.
pub(crate) struct Secrets<'a> {
    keypair: &'a Keypair,
    seed: &'a [u8; 32],
}

impl<'a> Secrets<'a> {
    pub(crate) fn new(keypair: &'a Keypair, seed: &'a [u8; 32]) -> Self {
        Self { keypair, seed }
    }

    /// Returns the key of stateless reset tokens, the same in every life of the node.
    pub(crate) fn reset_key(&self) -> hmac::Key {
        self.lasting(b"sinew quic stateless reset")
    }

    /// Returns the key of connection ids, the same in every life of the node.
    pub(crate) fn cid_key(&self) -> hmac::Key {
        self.lasting(b"sinew quic connection id")
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

    fn lasting(&self, label: &[u8]) -> hmac::Key {
        let secret = self.keypair.derive_secret(label);
        hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice())
    }
}
