//! The ciphers, by ring, with keys that everybody knows.

use anyhow::{Result, anyhow};
use ring::aead::{AES_128_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

/// What seals and how much at a time.
pub(crate) trait Suite: Send + Sync + 'static {
    /// Plaintext bytes in a record over TCP.
    const RECORD: usize;

    fn algorithm() -> &'static Algorithm;
}

/// AES-128-GCM, in records as large as TLS has them.
pub(crate) struct Aes;

/// ChaCha20-Poly1305, in records as large as Noise has them.
pub(crate) struct Chacha;

impl Suite for Aes {
    const RECORD: usize = 16 * 1024;

    fn algorithm() -> &'static Algorithm {
        &AES_128_GCM
    }
}

impl Suite for Chacha {
    const RECORD: usize = 65_519;

    fn algorithm() -> &'static Algorithm {
        &CHACHA20_POLY1305
    }
}

/// One direction of a connection.
pub(super) struct Seal {
    key: LessSafeKey,
    counter: u64,
}

impl Seal {
    pub(super) fn new<S: Suite>() -> Result<Self> {
        let algorithm = S::algorithm();
        let key = UnboundKey::new(algorithm, &[7; 32][..algorithm.key_len()]);
        Ok(Self {
            key: LessSafeKey::new(key.map_err(|_| anyhow!("a key of the wrong length"))?),
            counter: 0,
        })
    }

    /// Seals what stands before the last [`TAG`] bytes of `record`, and writes the tag into those.
    pub(super) fn seal(&mut self, record: &mut [u8]) -> Result<()> {
        let nonce = self.nonce();
        let (plaintext, room) = record.split_at_mut(record.len() - TAG);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::empty(), plaintext);
        room.copy_from_slice(tag.map_err(|_| anyhow!("cannot seal"))?.as_ref());
        Ok(())
    }

    /// Opens `record` in place and returns the plaintext.
    pub(super) fn open<'a>(&mut self, record: &'a mut [u8]) -> Result<&'a mut [u8]> {
        let nonce = self.nonce();
        let opened = self.key.open_in_place(nonce, Aad::empty(), record);
        opened.map_err(|_| anyhow!("a record is forged, missing or out of order"))
    }

    fn nonce(&mut self) -> Nonce {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.counter.to_be_bytes());
        self.counter += 1;
        Nonce::assume_unique_for_key(nonce)
    }
}

/// Bytes by which a record grows when it is sealed.
pub(super) const TAG: usize = 16;
