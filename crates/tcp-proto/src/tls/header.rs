//! What stands in front of each record.

use super::RecordViolation;

/// What stands in front of each record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// What is in the record, or claims to be.
    pub(super) content_type: u8,
    /// The bytes that follow.
    pub(super) len: usize,
}

impl Header {
    pub(super) const LEN: usize = 5;

    /// Returns the header at the front of `input`, once it is all there.
    ///
    /// What cannot be a record is refused at its first byte.
    // [RFC 8446 §5.1]
    pub(super) fn decode(input: &[u8]) -> Result<Option<Self>, RecordViolation> {
        let Some(&content_type) = input.first() else {
            return Ok(None);
        };
        if !(CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&content_type) {
            return Err(RecordViolation::UnknownType { content_type });
        }
        // Versions are for show, but for the first byte.
        if input.get(1).is_some_and(|&major| major != MAJOR_VERSION) {
            return Err(RecordViolation::UnknownVersion);
        }
        let Some(&[_, _, _, high, low]) = input.first_chunk::<{ Self::LEN }>() else {
            return Ok(None);
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if len > MAX_CIPHERTEXT_LEN {
            return Err(RecordViolation::TooLong {
                len,
                max: MAX_CIPHERTEXT_LEN,
            });
        }
        Ok(Some(Self { content_type, len }))
    }

    /// Returns the header of a record that is protected.
    pub(super) fn protected(len: u16) -> [u8; Self::LEN] {
        let [high, low] = len.to_be_bytes();
        // [RFC 8446 §5.2] Protected records claim to be application data of TLS 1.2.
        [APPLICATION_DATA, MAJOR_VERSION, 3, high, low]
    }
}

/// The longest record that is read, with its header, in bytes.
pub(crate) const MAX_RECORD_LEN: usize = Header::LEN + MAX_CIPHERTEXT_LEN;

/// The longest plaintext of a record, in bytes.
// [RFC 8446 §5.1]
pub(super) const MAX_PLAINTEXT_LEN: usize = 1 << 14;

// [RFC 8446 §5.2]
const MAX_CIPHERTEXT_LEN: usize = MAX_PLAINTEXT_LEN + 256;

pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const APPLICATION_DATA: u8 = 23;

const MAJOR_VERSION: u8 = 3;
