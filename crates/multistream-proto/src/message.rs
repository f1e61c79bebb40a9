//! The framing of messages: a length, text, a newline.

use std::str;

use crate::Violation;

/// The longest message that is read, newline included and length excluded, in bytes.
///
/// The specification sets no bound. go-libp2p reads no more than this either.
pub const MAX_MESSAGE_LEN: usize = 1024;

/// The most bytes that a message takes on the wire.
pub(crate) const MAX_FRAME_LEN: usize = MAX_LENGTH_LEN + MAX_MESSAGE_LEN;

/// The message that both sides send first.
pub(crate) const HEADER: &str = "/multistream/1.0.0";

/// The header as it is sent.
pub(crate) const HEADER_FRAME: &[u8] = b"\x13/multistream/1.0.0\n";

/// The message that turns an offer down.
pub(crate) const NOT_AVAILABLE: &str = "na";

/// The refusal as it is sent.
pub(crate) const NOT_AVAILABLE_FRAME: &[u8] = b"\x03na\n";

/// The bytes of the longest length: 1,024 needs eleven bits.
const MAX_LENGTH_LEN: usize = 2;

/// One message at the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// Without length and newline.
    pub(crate) text: &'a str,
    /// The bytes that it takes on the wire.
    pub(crate) frame_len: usize,
}

impl<'a> Message<'a> {
    /// Reads the message at the front of `input`, or returns `None` when it is not all there.
    ///
    /// `budget` is how many bytes this message may take on the wire. A length that is out of bounds
    /// is refused as soon as it is there, before any of its message is.
    pub(crate) fn decode(input: &'a [u8], budget: usize) -> Result<Option<Self>, DecodeError> {
        let Some((len, rest)) = decode_len(input)? else {
            return Ok(None);
        };
        if len > MAX_MESSAGE_LEN {
            return Err(Violation::MessageTooLong.into());
        }
        let frame_len = input.len() - rest.len() + len;
        if frame_len > budget {
            return Err(DecodeError::OverBudget);
        }
        let Some(body) = rest.get(..len) else {
            return Ok(None);
        };
        let text = body.strip_suffix(b"\n").ok_or(Violation::MissingNewline)?;
        // [connections §multistream-select] Messages are UTF-8 byte strings.
        let text = str::from_utf8(text).map_err(|_| Violation::NotUtf8)?;
        Ok(Some(Self { text, frame_len }))
    }
}

/// Appends `text` as a message. `text` is a [`Protocol`](crate::Protocol), so it fits two bytes of length.
pub(crate) fn encode(text: &str, out: &mut Vec<u8>) {
    let len = text.len() + 1;
    let [low, high] = [len & 0x7f, len >> 7].map(|bits| bits.to_le_bytes()[0]);
    if high == 0 {
        out.push(low);
    } else {
        out.extend_from_slice(&[low | CONTINUES, high]);
    }
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}

/// Why there is no message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    Violation(Violation),
    /// The message would take more than the budget.
    OverBudget,
}

impl From<Violation> for DecodeError {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}

/// Reads a length of one or two bytes, and returns it with what follows.
fn decode_len(input: &[u8]) -> Result<Option<(usize, &[u8])>, Violation> {
    match *input {
        [] => Ok(None),
        [low, ref rest @ ..] if low & CONTINUES == 0 => Ok(Some((low.into(), rest))),
        [_] => Ok(None),
        // [varint §Spec] A length must be in its shortest form.
        [_, 0, ..] => Err(Violation::NonMinimalLength),
        [_, high, ..] if high & CONTINUES != 0 => Err(Violation::MessageTooLong),
        [low, high, ref rest @ ..] => {
            let len = usize::from(high) << 7 | usize::from(low & !CONTINUES);
            Ok(Some((len, rest)))
        }
    }
}

/// Set in each byte of a length but the last.
const CONTINUES: u8 = 0x80;

#[cfg(test)]
mod tests;
