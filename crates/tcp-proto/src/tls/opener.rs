//! Records that the peer sends.

use bytes::{Buf, BytesMut};

use super::{
    cipher::{Cipher, TAG_LEN},
    header::{ALERT, APPLICATION_DATA, HANDSHAKE, Header, MAX_PLAINTEXT_LEN},
};

/// Turns records back into what is in them.
#[derive(Debug)]
pub(super) struct Opener {
    cipher: Cipher,
    /// Records without payload since the last one that had some.
    idle_records: u32,
}

/// What was in a record.
#[derive(Debug)]
pub(super) enum Content {
    Data(BytesMut),
    Alert(BytesMut),
    Handshake(BytesMut),
}

/// What a record means to those above.
#[derive(Debug)]
pub(crate) enum Opened {
    /// Payload.
    Data(BytesMut),
    /// Something between the two TLS sides.
    Nothing,
    /// The peer will send no more.
    CloseNotify,
    /// The peer ends the connection with this alert.
    Alert(u8),
}

/// The rule of TLS records that the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordViolation {
    /// A record of a type that does not exist: this is no TLS.
    #[error("a record of the unknown type {content_type}")]
    UnknownType {
        /// What it said.
        content_type: u8,
    },
    /// A record of another version: this is no TLS.
    #[error("a record of another version than 3")]
    UnknownVersion,
    /// A record is longer than allowed.
    #[error("a record of {len} bytes, more than the {max} that are allowed")]
    TooLong {
        /// Its length, in bytes.
        len: usize,
        /// The most that is read, in bytes.
        max: usize,
    },
    /// A record is shorter than its tag.
    #[error("a record of {len} bytes, shorter than its tag")]
    TooShort {
        /// Its length, in bytes.
        len: usize,
    },
    /// A record is not protected, or of a type that has no place after the handshake.
    #[error("a record of type {content_type}, which has no place after the handshake")]
    UnexpectedType {
        /// Its type.
        content_type: u8,
    },
    /// A record was changed, repeated, reordered or made by somebody else than the peer.
    #[error("a record is not what the peer sealed next")]
    Forged,
    /// A record has nothing in it but padding.
    #[error("a record without a type")]
    MissingType,
    /// An alert does not have two bytes.
    #[error("a malformed alert")]
    MalformedAlert,
    /// A message after the handshake is malformed, or longer than allowed.
    #[error("a malformed message after the handshake")]
    MalformedMessage,
    /// A message after the handshake that nobody asked for.
    #[error("an unexpected message of type {message_type} after the handshake")]
    UnexpectedMessage {
        /// Its type.
        message_type: u8,
    },
    /// Many records without any payload.
    #[error("more than {max} records in a row without payload")]
    TooManyIdleRecords {
        /// How many are allowed.
        max: u32,
    },
    /// The handshake took more bytes than any that is honest.
    #[error("a handshake of more than {max} bytes")]
    HandshakeTooLong {
        /// How many are allowed.
        max: usize,
    },
}

impl RecordViolation {
    /// Returns the alert that tells the peer.
    // [RFC 8446 §6.2]
    pub(crate) const fn alert(self) -> u8 {
        match self {
            Self::UnknownType { .. }
            | Self::UnexpectedType { .. }
            | Self::MissingType
            | Self::UnexpectedMessage { .. }
            | Self::TooManyIdleRecords { .. } => UNEXPECTED_MESSAGE,
            Self::TooLong { .. } | Self::HandshakeTooLong { .. } => RECORD_OVERFLOW,
            Self::Forged | Self::TooShort { .. } => BAD_RECORD_MAC,
            Self::UnknownVersion | Self::MalformedAlert | Self::MalformedMessage => DECODE_ERROR,
        }
    }
}

impl Opener {
    pub(super) fn new(cipher: Cipher) -> Self {
        Self {
            cipher,
            idle_records: 0,
        }
    }

    /// Opens from here on with `cipher`.
    pub(super) fn set_cipher(&mut self, cipher: Cipher) {
        self.cipher = cipher;
    }

    /// Takes one record from the front of `input`, or returns `None` when it is not all there.
    ///
    /// It is decrypted where it stands and split off without a copy.
    // [RFC 8446 §5.2]
    pub(super) fn open(
        &mut self,
        input: &mut BytesMut,
    ) -> Result<Option<Content>, RecordViolation> {
        let Some(Header { content_type, len }) = Header::decode(input)? else {
            return Ok(None);
        };
        if content_type != APPLICATION_DATA {
            return Err(RecordViolation::UnexpectedType { content_type });
        }
        if len <= TAG_LEN {
            return Err(RecordViolation::TooShort { len });
        }
        let header = input.first_chunk().copied();
        let Some(header) = header.filter(|_| input.len() >= Header::LEN.saturating_add(len)) else {
            return Ok(None);
        };
        input.advance(Header::LEN);
        let mut record = input.split_to(len);
        let (text, tag) = record
            .split_last_chunk_mut::<TAG_LEN>()
            .ok_or(RecordViolation::TooShort { len })?;
        self.cipher
            .open(header, *tag, text)
            .ok_or(RecordViolation::Forged)?;
        let (content_type, len) = unpad(text)?;
        record.truncate(len);
        self.count(content_type, len)?;
        match content_type {
            APPLICATION_DATA => Ok(Some(Content::Data(record))),
            ALERT => Ok(Some(Content::Alert(record))),
            HANDSHAKE => Ok(Some(Content::Handshake(record))),
            _ => Err(RecordViolation::UnexpectedType { content_type }),
        }
    }

    /// Refuses a peer that keeps us busy with nothing.
    fn count(&mut self, content_type: u8, len: usize) -> Result<(), RecordViolation> {
        if content_type == APPLICATION_DATA && len > 0 {
            self.idle_records = 0;
            return Ok(());
        }
        self.idle_records = self.idle_records.saturating_add(1);
        if self.idle_records > MAX_IDLE_RECORDS {
            let max = MAX_IDLE_RECORDS;
            return Err(RecordViolation::TooManyIdleRecords { max });
        }
        Ok(())
    }
}

/// Returns the type of the content and its length: behind it are its type, and zeros.
// [RFC 8446 §5.4]
fn unpad(text: &[u8]) -> Result<(u8, usize), RecordViolation> {
    let at = text
        .iter()
        .rposition(|&byte| byte != 0)
        .ok_or(RecordViolation::MissingType)?;
    let content_type = text.get(at).copied().unwrap_or_default();
    if at > MAX_PLAINTEXT_LEN {
        return Err(RecordViolation::TooLong {
            len: at,
            max: MAX_PLAINTEXT_LEN,
        });
    }
    Ok((content_type, at))
}

/// Records without payload in a row. As many as rustls takes.
const MAX_IDLE_RECORDS: u32 = 32;

const UNEXPECTED_MESSAGE: u8 = 10;
const BAD_RECORD_MAC: u8 = 20;
const RECORD_OVERFLOW: u8 = 22;
const DECODE_ERROR: u8 = 50;
