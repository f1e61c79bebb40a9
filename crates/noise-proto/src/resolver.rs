//! The primitives that snow is given: ring's where ring has them, and no randomness of its own.

use curve25519_dalek::montgomery::MontgomeryPoint;
use ring::digest;
use snow::{
    Error,
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::CryptoResolver,
    types,
};
use zeroize::Zeroizing;

use crate::cipher::{Cipher, KEY_LEN, TAG_LEN};

/// Gives snow its primitives, and one private key to draw.
pub(crate) struct Resolver {
    ephemeral_secret: Zeroizing<[u8; KEY_LEN]>,
}

impl Resolver {
    pub(crate) fn new(ephemeral_secret: Zeroizing<[u8; KEY_LEN]>) -> Self {
        Self { ephemeral_secret }
    }
}

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn types::Random>> {
        Some(Box::new(OneDraw(Some(self.ephemeral_secret.clone()))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn types::Dh>> {
        (*choice == DHChoice::Curve25519).then(|| Box::<X25519>::default() as Box<_>)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn types::Hash>> {
        (*choice == HashChoice::SHA256).then(|| Box::<Sha256>::default() as Box<_>)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn types::Cipher>> {
        (*choice == CipherChoice::ChaChaPoly).then(|| Box::<ChaChaPoly>::default() as Box<_>)
    }
}

/// Gives the ephemeral key, once: XX has one of ours.
struct OneDraw(Option<Zeroizing<[u8; KEY_LEN]>>);

impl types::Random for OneDraw {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        let secret = self.0.take().filter(|secret| secret.len() == dest.len());
        dest.copy_from_slice(secret.ok_or(Error::Rng)?.as_slice());
        Ok(())
    }
}

/// A key pair for the exchange. The private key is wiped when it is dropped.
#[derive(Default)]
struct X25519 {
    secret: Zeroizing<[u8; KEY_LEN]>,
    public: [u8; KEY_LEN],
}

impl types::Dh for X25519 {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        KEY_LEN
    }

    fn priv_len(&self) -> usize {
        KEY_LEN
    }

    fn set(&mut self, secret: &[u8]) {
        self.secret.copy_from_slice(secret);
        self.public = MontgomeryPoint::mul_base_clamped(*self.secret).to_bytes();
    }

    fn generate(&mut self, rng: &mut dyn types::Random) -> Result<(), Error> {
        let mut secret = Zeroizing::new([0; KEY_LEN]);
        rng.try_fill_bytes(secret.as_mut_slice())?;
        self.set(secret.as_slice());
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn privkey(&self) -> &[u8] {
        self.secret.as_slice()
    }

    fn dh(&self, public: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let (Some(public), Some(out)) = (
            public.first_chunk::<KEY_LEN>(),
            out.first_chunk_mut::<KEY_LEN>(),
        ) else {
            return Err(Error::Dh);
        };
        *out = MontgomeryPoint(*public)
            .mul_clamped(*self.secret)
            .to_bytes();
        // [noise-framework §The 25519 DH functions] A public key of low order may be refused, as the Noise of go
        // and js does: the peer that sent it has no secret to share.
        if *out == [0; KEY_LEN] {
            return Err(Error::Dh);
        }
        Ok(())
    }
}

struct ChaChaPoly(Cipher);

impl Default for ChaChaPoly {
    fn default() -> Self {
        Self(Cipher::new(&[0; KEY_LEN]))
    }
}

impl types::Cipher for ChaChaPoly {
    fn name(&self) -> &'static str {
        "ChaChaPoly"
    }

    fn set(&mut self, key: &[u8; KEY_LEN]) {
        self.0 = Cipher::new(key);
    }

    fn encrypt(&self, counter: u64, aad: &[u8], plaintext: &[u8], out: &mut [u8]) -> usize {
        let (text, rest) = out.split_at_mut(plaintext.len());
        text.copy_from_slice(plaintext);
        let tag = self.0.seal(counter, aad, text);
        for (to, from) in rest.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        plaintext.len() + TAG_LEN
    }

    fn decrypt(
        &self,
        counter: u64,
        aad: &[u8],
        ciphertext: &[u8],
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let (text, tag) = ciphertext
            .split_last_chunk::<TAG_LEN>()
            .ok_or(Error::Decrypt)?;
        let out = out.get_mut(..text.len()).ok_or(Error::Decrypt)?;
        out.copy_from_slice(text);
        self.0
            .open(counter, aad, *tag, out)
            .map_err(|_| Error::Decrypt)?;
        Ok(text.len())
    }
}

struct Sha256(digest::Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl types::Hash for Sha256 {
    fn name(&self) -> &'static str {
        "SHA256"
    }

    fn block_len(&self) -> usize {
        digest::SHA256.block_len()
    }

    fn hash_len(&self) -> usize {
        digest::SHA256_OUTPUT_LEN
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self, out: &mut [u8]) {
        let hash = std::mem::take(self).0.finish();
        for (to, from) in out.iter_mut().zip(hash.as_ref()) {
            *to = *from;
        }
    }
}
