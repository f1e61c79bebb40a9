//! What the two sides say to each other around the content.

use bytes::Bytes;
use prost::Message;
use sinew_transport::{ReadError, ReadExactError, Stream, WriteError};

use crate::Refusal;

/// What the sender has.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Offer {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(uint64, tag = "2")]
    pub(crate) size: u64,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) sha256: Bytes,
}

/// What the receiver says to it, on the wire.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct WireReply {
    #[prost(uint32, tag = "1")]
    state: u32,
    #[prost(uint64, tag = "2")]
    offset: u64,
    #[prost(uint32, tag = "3")]
    reason: u32,
}

/// What the receiver says to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The receiver is reading or writing its disk; another reply follows.
    Wait,
    /// The content is wanted from `offset` on.
    Accepted { offset: u64 },
    /// The same content is there under the same name.
    Have,
    /// The content arrived, was verified, and is in its place.
    Done,
    /// The file is not kept.
    Refused(Refusal),
}

/// Which rule of the protocol the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A message was longer than any may be.
    #[error("a message has more than {MAX_MESSAGE_BYTES} bytes")]
    MessageTooLong,
    /// A message could not be decoded.
    #[error("a message cannot be decoded")]
    MalformedMessage,
    /// A reply is none of those that exist.
    #[error("a reply of the unknown kind {state}")]
    UnknownReply {
        /// Its number on the wire.
        state: u32,
    },
    /// A reply came that does not fit what went before.
    #[error("a reply that does not fit what went before")]
    UnexpectedReply,
    /// A hash is not 32 bytes long.
    #[error("a hash of {len} bytes")]
    HashLength {
        /// How long it is.
        len: usize,
    },
    /// The receiver wants content from behind its end.
    #[error("content is wanted from {offset}, behind its end at {size}")]
    OffsetBehindEnd {
        /// Where it wants it from.
        offset: u64,
        /// Where it ends.
        size: u64,
    },
    /// More content came than was announced.
    #[error("more content than was announced")]
    TooMuchContent,
    /// The stream ended where a message should be.
    #[error("the stream ended where a message should be")]
    MissingMessage,
}

/// Why no message could be read.
#[derive(Debug)]
pub(crate) enum MessageError {
    Violation(Violation),
    Read(ReadError),
}

impl Reply {
    pub(crate) async fn read(stream: &mut Stream) -> Result<Self, MessageError> {
        let wire: WireReply = read_message(stream).await?;
        Self::from_wire(&wire).map_err(MessageError::Violation)
    }

    pub(crate) async fn write(self, stream: &mut Stream) -> Result<(), WriteError> {
        write_message(stream, &self.to_wire()).await
    }

    // [file-transfer §Messages]
    fn from_wire(wire: &WireReply) -> Result<Self, Violation> {
        match wire.state {
            1 => Ok(Self::Wait),
            2 => Ok(Self::Accepted {
                offset: wire.offset,
            }),
            3 => Ok(Self::Have),
            4 => Ok(Self::Done),
            5 => Ok(Self::Refused(Refusal::from_code(wire.reason))),
            state => Err(Violation::UnknownReply { state }),
        }
    }

    fn to_wire(self) -> WireReply {
        let (state, offset, reason) = match self {
            Self::Wait => (1, 0, 0),
            Self::Accepted { offset } => (2, offset, 0),
            Self::Have => (3, 0, 0),
            Self::Done => (4, 0, 0),
            Self::Refused(refusal) => (5, 0, refusal.code()),
        };
        WireReply {
            state,
            offset,
            reason,
        }
    }
}

/// Reads one message; its length is checked before memory is taken for it.
pub(crate) async fn read_message<M: Message + Default>(
    stream: &mut Stream,
) -> Result<M, MessageError> {
    let len = read_len(stream).await?;
    let mut body = vec![0; len];
    stream.read_exact(&mut body).await?;
    M::decode(Bytes::from(body)).map_err(|_| MessageError::Violation(Violation::MalformedMessage))
}

pub(crate) async fn write_message(
    stream: &mut Stream,
    message: &impl Message,
) -> Result<(), WriteError> {
    stream
        .write_bytes(message.encode_length_delimited_to_vec().into())
        .await
}

/// Reads an unsigned varint of at most two bytes, which is enough for every length that is allowed.
async fn read_len(stream: &mut Stream) -> Result<usize, MessageError> {
    let mut len = 0;
    for shift in [0, 7] {
        let mut byte = [0];
        stream.read_exact(&mut byte).await?;
        let [byte] = byte;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            if len > MAX_MESSAGE_BYTES {
                break;
            }
            return Ok(len);
        }
    }
    Err(MessageError::Violation(Violation::MessageTooLong))
}

impl From<ReadExactError> for MessageError {
    fn from(error: ReadExactError) -> Self {
        match error {
            ReadExactError::Read(error) => Self::Read(error),
            ReadExactError::Ended { .. } | _ => Self::Violation(Violation::MissingMessage),
        }
    }
}

/// The longest message in bytes: an offer with the longest name, and room for fields to come.
const MAX_MESSAGE_BYTES: usize = 4_096;

#[cfg(test)]
mod tests;
