//! The key of one direction, and the counter that goes with it.

use std::{fmt, hint};

use ring::aead::{
    AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, Tag,
    UnboundKey,
};
use rustls::ConnectionTrafficSecrets;

use super::header::Header;

/// The key of one direction, and how many records there were. Wiped when it is dropped.
pub(super) struct Cipher {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    sequence: u64,
}

impl Cipher {
    /// Takes over what rustls has agreed on; `None` for a suite that ring does not have.
    pub(super) fn new(sequence: u64, secrets: &ConnectionTrafficSecrets) -> Option<Self> {
        let (algorithm, key, iv) = match secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
            _ => return None,
        };
        let key = UnboundKey::new(algorithm, key.as_ref()).ok()?;
        Some(Self {
            key: LessSafeKey::new(key),
            iv: iv.as_ref().try_into().ok()?,
            sequence,
        })
    }

    /// Returns how many records there were.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Encrypts `text` where it stands and returns its tag; `None` when there is no number left for it.
    pub(super) fn seal(&mut self, header: [u8; Header::LEN], text: &mut [u8]) -> Option<Tag> {
        let nonce = self.next_nonce()?;
        self.key
            .seal_in_place_separate_tag(nonce, Aad::from(header), text)
            .ok()
    }

    /// Decrypts `text` where it stands; `None` unless it is the peer's next record.
    pub(super) fn open(
        &mut self,
        header: [u8; Header::LEN],
        tag: [u8; TAG_LEN],
        text: &mut [u8],
    ) -> Option<()> {
        let nonce = self.next_nonce()?;
        self.key
            .open_in_place_separate_tag(nonce, Aad::from(header), tag.into(), text, 0..)
            .map(drop)
            .ok()
    }

    // [RFC 8446 §5.3] The number of the record, padded on the left, exclusive-or the write IV.
    fn next_nonce(&mut self) -> Option<Nonce> {
        let next = self.sequence.checked_add(1)?;
        let number = std::mem::replace(&mut self.sequence, next);
        let mut nonce = self.iv;
        for (byte, number) in nonce.iter_mut().skip(4).zip(number.to_be_bytes()) {
            *byte ^= number;
        }
        Some(Nonce::assume_unique_for_key(nonce))
    }
}

impl Drop for Cipher {
    fn drop(&mut self) {
        let algorithm = self.key.algorithm();
        let zeros = [0; MAX_KEY_LEN];
        let key = zeros.get(..algorithm.key_len()).unwrap_or_default();
        if let Ok(key) = UnboundKey::new(algorithm, key) {
            self.key = LessSafeKey::new(key);
            // Keeps the compiler from dropping a write that nobody reads.
            hint::black_box(&self.key);
        }
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher")
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

/// The length of a tag, in bytes.
pub(super) const TAG_LEN: usize = 16;

/// The length of the longest key, in bytes.
const MAX_KEY_LEN: usize = 32;
