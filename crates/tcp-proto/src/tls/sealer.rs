//! Records that we send.

use super::{
    cipher::{Cipher, TAG_LEN},
    header::{APPLICATION_DATA, Header, MAX_PLAINTEXT_LEN},
};

/// Turns plaintext into records.
#[derive(Debug)]
pub(super) struct Sealer {
    cipher: Cipher,
}

/// As many records were sealed as a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Sealer {
    /// What a caller puts in front of the plaintext.
    pub(super) const HEADER: [u8; Header::LEN] = [0; Header::LEN];

    /// The most plaintext of one record, in bytes.
    pub(super) const MAX_PLAINTEXT_LEN: usize = MAX_PLAINTEXT_LEN;

    pub(super) fn new(cipher: Cipher) -> Self {
        Self { cipher }
    }

    /// Returns whether it is time for the next key.
    // [RFC 8446 §5.5] About 2^24.5 full records may be encrypted with one key of AES-GCM.
    pub(super) fn is_worn(&self) -> bool {
        self.cipher.sequence() >= MAX_RECORDS
    }

    /// Seals from here on with `cipher`.
    pub(super) fn set_cipher(&mut self, cipher: Cipher) {
        self.cipher = cipher;
    }

    /// Turns what stands in `out` from `start` on, room for a header and then application data, into one
    /// record, in place.
    pub(super) fn seal(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), Exhausted> {
        self.seal_as(APPLICATION_DATA, out, start)
    }

    /// Appends a record of another kind to `out`.
    pub(super) fn append(
        &mut self,
        content_type: u8,
        content: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Exhausted> {
        let start = out.len();
        out.extend_from_slice(&Self::HEADER);
        out.extend_from_slice(content);
        self.seal_as(content_type, out, start)
    }

    // [RFC 8446 §5.2] The type of the content stands behind it.
    fn seal_as(
        &mut self,
        content_type: u8,
        out: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), Exhausted> {
        out.push(content_type);
        let record = out.get_mut(start..).unwrap_or_default();
        let (header, text) = record
            .split_first_chunk_mut::<{ Header::LEN }>()
            .expect("the caller leaves room for the header");
        let len = u16::try_from(text.len().saturating_add(TAG_LEN))
            .expect("the caller keeps to the longest plaintext");
        *header = Header::protected(len);
        let tag = self.cipher.seal(*header, text).ok_or(Exhausted)?;
        out.extend_from_slice(tag.as_ref());
        Ok(())
    }
}

/// Records after which we take another key: 128 GiB, well within the limit of AES-GCM.
const MAX_RECORDS: u64 = 1 << 23;
