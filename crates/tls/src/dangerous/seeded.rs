//! A cryptography provider in which all chance follows from a seed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use p256::{
    PublicKey, SecretKey,
    ecdsa::{Signature, SigningKey, signature::Signer as _},
    elliptic_curve::{point::AffineCoordinates as _, sec1::ToEncodedPoint as _},
    pkcs8::DecodePrivateKey as _,
};
use ring::hmac;
use rustls::{
    Error, NamedGroup, PeerMisbehaved, SignatureAlgorithm, SignatureScheme,
    crypto::{
        ActiveKeyExchange, CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom,
        SharedSecret, SupportedKxGroup,
    },
    pki_types::PrivateKeyDer,
    sign,
};

/// Returns ring's provider with everything that ring draws from the operating system replaced: random
/// fields, key exchange (P-256) and signatures (RFC 6979) follow from `seed` and from the order of calls.
///
/// Two endpoints with the same seed make the same keys: each needs a seed of its own. Leaks about a
/// hundred bytes per call, because rustls wants parts that live for ever.
#[must_use]
pub fn seeded_provider(seed: [u8; 32]) -> Arc<CryptoProvider> {
    let source = Arc::new(Source {
        key: hmac::Key::new(hmac::HMAC_SHA256, &seed),
        drawn: AtomicU64::new(0),
    });
    let ring = crate::default_provider();
    Arc::new(CryptoProvider {
        kx_groups: vec![Box::leak(Box::new(SeededP256(Arc::clone(&source))))],
        secure_random: Box::leak(Box::new(SeededRandom(source))),
        key_provider: &Rfc6979,
        ..CryptoProvider::clone(&ring)
    })
}

/// Where all chance comes from: the n-th draw is a function of the seed and n.
struct Source {
    key: hmac::Key,
    drawn: AtomicU64,
}

impl Source {
    fn fill(&self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(32) {
            let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
            let tag = hmac::sign(&self.key, &drawn.to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(tag.as_ref()) {
                *to = *from;
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

#[derive(Debug)]
struct SeededRandom(Arc<Source>);

impl SecureRandom for SeededRandom {
    fn fill(&self, buf: &mut [u8]) -> Result<(), GetRandomFailed> {
        self.0.fill(buf);
        Ok(())
    }
}

#[derive(Debug)]
struct SeededP256(Arc<Source>);

impl SupportedKxGroup for SeededP256 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let mut secret = [0; 32];
        self.0.fill(&mut secret);
        let secret = SecretKey::from_slice(&secret)
            .map_err(|_| Error::General("the seed leads to no key; take another".into()))?;
        let public = secret.public_key().to_encoded_point(false);
        Ok(Box::new(Exchange {
            secret,
            public: public.as_bytes().to_vec(),
        }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}

struct Exchange {
    secret: SecretKey,
    public: Vec<u8>,
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer_pub_key: &[u8]) -> Result<SharedSecret, Error> {
        let theirs = PublicKey::from_sec1_bytes(peer_pub_key)
            .map_err(|_| Error::from(PeerMisbehaved::InvalidKeyShare))?;
        let shared = theirs.to_projective() * *self.secret.to_nonzero_scalar();
        Ok(SharedSecret::from(&shared.to_affine().x()[..]))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}

/// Loads P-256 keys and signs with them as RFC 6979 says: without chance.
#[derive(Debug)]
struct Rfc6979;

impl KeyProvider for Rfc6979 {
    fn load_private_key(
        &self,
        key_der: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn sign::SigningKey>, Error> {
        let key = SigningKey::from_pkcs8_der(key_der.secret_der())
            .map_err(|_| Error::General("not a P-256 key in PKCS #8 form".into()))?;
        Ok(Arc::new(P256Key(key)))
    }
}

#[derive(Clone, Debug)]
struct P256Key(SigningKey);

impl sign::SigningKey for P256Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn sign::Signer>> {
        offered
            .contains(&SignatureScheme::ECDSA_NISTP256_SHA256)
            .then(|| Box::new(self.clone()) as Box<dyn sign::Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl sign::Signer for P256Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: Signature = self.0.sign(message);
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}
