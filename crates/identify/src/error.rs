//! Why identifying a peer failed.

use sinew_identity::{DecodeError, EnvelopeError, PeerId};
use sinew_multiaddr::PeerRecordError;
use sinew_transport::{ReadError, WriteError};

/// Why identifying a peer failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifyError {
    /// The peer broke a rule of the protocol.
    #[error("the peer broke the identify protocol")]
    Violation(#[from] Violation),
    /// The peer ended the stream without a message.
    #[error("the peer ended the stream and said nothing about itself")]
    NoMessage,
    /// The stream could not be read; the peer may not speak the protocol.
    #[error("the stream failed while the peer's message was read")]
    Read(#[from] ReadError),
    /// The stream could not be written; the peer may not speak the protocol.
    #[error("the stream failed while our message was written")]
    Write(#[from] WriteError),
}

/// The rule that the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A length was not a number of at most five bytes.
    #[error("the length of a message is malformed")]
    MalformedLength,
    /// A message was announced to be longer than is read.
    #[error("a message has {len} bytes, and {max} are allowed")]
    MessageTooLong {
        /// Bytes announced.
        len: u64,
        /// Bytes allowed.
        max: usize,
    },
    /// There were more messages than are read.
    #[error("there are more than {max} messages")]
    TooManyMessages {
        /// Messages allowed.
        max: usize,
    },
    /// The messages had more bytes in all than are read.
    #[error("the messages have more than {max} bytes")]
    TooManyBytes {
        /// Bytes allowed.
        max: usize,
    },
    /// The stream ended in the middle of a message.
    #[error("the stream ended in the middle of a message")]
    Truncated,
    /// A message was not the protobuf message of the protocol.
    #[error("a message is not a protobuf message")]
    Malformed,
    /// The public key cannot be read.
    #[error("the public key is unusable")]
    PublicKey(#[from] DecodeError),
    /// The public key is not that of the peer at the other end.
    #[error("peer {expected} sent the public key of {actual}")]
    KeyOfAnother {
        /// The peer at the other end.
        expected: PeerId,
        /// The peer of the key.
        actual: PeerId,
    },
}

/// Why a peer's signed record was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not an envelope.
    #[error("the signed peer record is no envelope")]
    Envelope(#[from] EnvelopeError),
    /// It does not hold a valid record.
    #[error("the signed peer record is not valid")]
    Record(#[from] PeerRecordError),
    /// It is the record of another peer.
    #[error("peer {expected} sent the signed record of {actual}")]
    OfAnother {
        /// The peer at the other end.
        expected: PeerId,
        /// The peer of the record.
        actual: PeerId,
    },
}
