//! ChaCha20-Poly1305 as Noise uses it, in place.

use std::{fmt, hint};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};

/// A key of one direction. Wiped when it is dropped.
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    pub(crate) fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(key_of(key))
    }

    /// Encrypts `text` and returns its tag. `counter` must not be used twice.
    pub(crate) fn seal(&self, counter: u64, aad: &[u8], text: &mut [u8]) -> Tag {
        self.0
            .seal_in_place_separate_tag(nonce(counter), Aad::from(aad), text)
            .expect("a message is far below the 256 GiB that one nonce is good for")
    }

    /// Decrypts `text`, unless it or `aad` is not what was sealed with `counter`.
    pub(crate) fn open(
        &self,
        counter: u64,
        aad: &[u8],
        tag: [u8; TAG_LEN],
        text: &mut [u8],
    ) -> Result<(), Forged> {
        self.0
            .open_in_place_separate_tag(nonce(counter), Aad::from(aad), tag.into(), text, 0..)
            .map(drop)
            .map_err(|_| Forged)
    }
}

/// A tag does not belong to its message.
#[derive(Debug)]
pub(crate) struct Forged;

impl Drop for Cipher {
    fn drop(&mut self) {
        self.0 = key_of(&[0; KEY_LEN]);
        // Keeps the compiler from dropping a write that nobody reads.
        hint::black_box(&self.0);
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher").finish_non_exhaustive()
    }
}

fn key_of(key: &[u8; KEY_LEN]) -> LessSafeKey {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).expect("a key has 32 bytes");
    LessSafeKey::new(key)
}

/// Returns four zero bytes and the counter in little-endian order.
// [noise-framework §The ChaChaPoly cipher functions] This is the nonce.
fn nonce(counter: u64) -> Nonce {
    let [a, b, c, d, e, f, g, h] = counter.to_le_bytes();
    Nonce::assume_unique_for_key([0, 0, 0, 0, a, b, c, d, e, f, g, h])
}

/// The length of a key in bytes.
pub(crate) const KEY_LEN: usize = 32;

/// The length of a tag in bytes.
pub(crate) const TAG_LEN: usize = 16;
