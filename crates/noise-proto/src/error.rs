//! Why a handshake or a record failed, and whose fault it is.

use sinew_identity::{DecodeError, PeerId};

use crate::Message;

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke a rule; nothing that it says can be believed.
    #[error("peer broke the rules of noise in {message}")]
    Violation {
        /// Where.
        message: Message,
        /// The rule.
        #[source]
        violation: Violation,
    },
    /// The peer is good, and somebody else than was dialed. It was not told who we are.
    #[error("dialed {expected}, but {actual} answered")]
    WrongPeer {
        /// Who was dialed.
        expected: PeerId,
        /// Who proved to be there.
        actual: PeerId,
    },
}

/// The rule that the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The stream ended in front of the message or in the middle of it.
    #[error("the stream ended before the message did")]
    EarlyEof,
    /// The message was announced to be shorter than its keys and tags are.
    #[error("the message has {len} bytes, and {min} at least are needed")]
    TooShort {
        /// Its length, in bytes.
        len: usize,
        /// The least that it can have, in bytes.
        min: usize,
    },
    /// The message was announced to be longer than allowed: for the first one, longer than its key.
    #[error("the message has {len} bytes, more than the {max} that are allowed")]
    TooLong {
        /// Its length, in bytes.
        len: usize,
        /// The most that is read, in bytes.
        max: usize,
    },
    /// The message has a key with which every exchange comes to nothing.
    #[error("the message has a key of low order")]
    LowOrderKey,
    /// The message was changed on its way, or was not made for this handshake.
    #[error("the message does not decrypt")]
    Decrypt,
    /// The payload is not the protobuf message that it should be.
    #[error("the payload is not a protobuf message")]
    MalformedPayload,
    /// The payload has no host key.
    #[error("the payload has no host key")]
    MissingKey,
    /// The payload has no signature.
    #[error("the payload has no signature")]
    MissingSignature,
    /// The host key is none that can be used.
    #[error("the host key is not valid")]
    InvalidKey(#[source] DecodeError),
    /// The host key did not sign the static key of this handshake.
    #[error("the host key's signature over the static key is wrong")]
    BadSignature,
    /// The payload lists more stream muxers than are looked at.
    #[error("the payload lists {len} muxers, more than the {max} that are allowed")]
    TooManyMuxers {
        /// How many there are.
        len: usize,
        /// The most that are looked at.
        max: usize,
    },
}

/// Why a record was not opened. Nothing that follows it can be opened either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The peer sent a record that is shorter than its tag.
    #[error("peer sent a record of {len} bytes, shorter than its tag")]
    TooShort {
        /// Its length, in bytes.
        len: usize,
    },
    /// The record was changed, repeated, reordered or made by somebody else than the peer.
    #[error("a record is not what the peer sealed next")]
    Forged,
    /// The peer sent as many records as a key is good for, and one more.
    #[error("peer sent more records than a key is good for")]
    Exhausted,
}

/// Why a record was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The caller left no room for the header.
    #[error("no room for the header of a record")]
    MissingHeader,
    /// The caller put more into one record than fits.
    #[error("{len} bytes do not fit the {max} of a record")]
    TooLong {
        /// The length of the plaintext, in bytes.
        len: usize,
        /// The most that fits, in bytes.
        max: usize,
    },
    /// As many records were sealed as a key is good for; the connection has to end.
    #[error("more records than a key is good for")]
    Exhausted,
}
