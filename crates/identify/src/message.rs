//! The message of the wire and its framing.

use bytes::{Buf, Bytes, BytesMut};
use prost::Message as _;
use sinew_transport::{ReadError, Stream};

use crate::{IdentifyError, Violation};

/// The message `Identify`, as proto2 has it. Text is kept as bytes: peers are not strict about it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Identify {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub(crate) public_key: Option<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(crate) listen_addrs: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "3")]
    pub(crate) protocols: Vec<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub(crate) observed_addr: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "5")]
    pub(crate) protocol_version: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "6")]
    pub(crate) agent_version: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub(crate) signed_peer_record: Option<Bytes>,
}

/// Reads messages, each behind its length, until the stream ends.
pub(crate) struct Messages<'a> {
    stream: &'a mut Stream,
    buf: BytesMut,
    received_bytes: usize,
    count: usize,
}

impl<'a> Messages<'a> {
    pub(crate) fn new(stream: &'a mut Stream) -> Self {
        Self {
            stream,
            buf: BytesMut::new(),
            received_bytes: 0,
            count: 0,
        }
    }

    /// Returns the next message, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Identify>, IdentifyError> {
        loop {
            if let Some(message) = split_message(&mut self.buf)? {
                self.count += 1;
                if self.count > MAX_MESSAGES {
                    return Err(Violation::TooManyMessages { max: MAX_MESSAGES }.into());
                }
                let message = Identify::decode(message).map_err(|_| Violation::Malformed)?;
                return Ok(Some(message));
            }
            let is_complete = self.buf.is_empty() && self.count > 0;
            match self.stream.read_bytes().await {
                Ok(Some(chunk)) => self.take(&chunk)?,
                Ok(None) if self.buf.is_empty() => return Ok(None),
                Ok(None) => return Err(Violation::Truncated.into()),
                // Some peers let go of a stream instead of ending it. What they said is complete.
                Err(ReadError::Reset(_) | ReadError::Closed(_)) if is_complete => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), Violation> {
        self.received_bytes = self.received_bytes.saturating_add(chunk.len());
        if self.received_bytes > MAX_RECEIVED_BYTES {
            return Err(Violation::TooManyBytes {
                max: MAX_RECEIVED_BYTES,
            });
        }
        self.buf.extend_from_slice(chunk);
        Ok(())
    }
}

/// Takes a whole message from the front of `buf`, if it is there.
fn split_message(buf: &mut BytesMut) -> Result<Option<Bytes>, Violation> {
    let Some((len, prefix_len)) = read_len(buf)? else {
        return Ok(None);
    };
    let max = MAX_MESSAGE_LEN;
    if len > max as u64 {
        return Err(Violation::MessageTooLong { len, max });
    }
    // At most `MAX_MESSAGE_LEN`.
    let len = len as usize;
    if buf.len() - prefix_len < len {
        return Ok(None);
    }
    buf.advance(prefix_len);
    Ok(Some(buf.split_to(len).freeze()))
}

/// Returns the varint at the front of `buf` and its own length, once all of it is there.
fn read_len(buf: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let mut value = 0_u64;
    for (index, byte) in buf.iter().take(MAX_PREFIX_LEN).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index + 1)));
        }
    }
    if buf.len() < MAX_PREFIX_LEN {
        return Ok(None);
    }
    Err(Violation::MalformedLength)
}

/// The longest message that is read, in bytes. 8 KiB: what go-libp2p reads and sends.
pub(crate) const MAX_MESSAGE_LEN: usize = 8 * 1024;

/// The most messages of one answer: go-libp2p sends its signed record in one of its own, and reads ten.
pub(crate) const MAX_MESSAGES: usize = 10;

/// The most bytes of one answer. 64 KiB.
pub(crate) const MAX_RECEIVED_BYTES: usize = 64 * 1024;

/// Five bytes hold any length up to 32 GiB; what is longer is no length.
const MAX_PREFIX_LEN: usize = 5;

#[cfg(test)]
mod tests;
