//! The three messages of a handshake, and how long each may be.

use std::fmt;

use crate::{
    Violation,
    cipher::{KEY_LEN, TAG_LEN},
};

/// The longest handshake message that is read, without its length prefix, in bytes.
///
/// Noise allows 65,535. The longest in use, with an RSA key of 8,192 bits, takes under 3,000.
pub const MAX_HANDSHAKE_MESSAGE_LEN: usize = 8 * 1024;

/// A message of the handshake: the phase in which something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// From the dialer: an ephemeral key and nothing else.
    First,
    /// From the listener: its keys, and who it is.
    Second,
    /// From the dialer: its static key, and who it is.
    Third,
}

impl Message {
    /// Returns the length of the message at the front of `input`, once its prefix is there.
    ///
    /// A length that the message cannot have is refused as soon as it is announced.
    pub(crate) fn announced_len(self, input: &[u8]) -> Result<Option<usize>, Violation> {
        // [noise §Wire Format] Each message has its length in front, two bytes in big-endian order.
        let Some(&prefix) = input.first_chunk::<PREFIX_LEN>() else {
            return Ok(None);
        };
        let len = usize::from(u16::from_be_bytes(prefix));
        let (min, max) = (self.min_len(), self.max_len());
        if len < min {
            return Err(Violation::TooShort { len, min });
        }
        if len > max {
            return Err(Violation::TooLong { len, max });
        }
        Ok(Some(len))
    }

    fn min_len(self) -> usize {
        const STATIC_KEY: usize = KEY_LEN + TAG_LEN;
        match self {
            Self::First => KEY_LEN,
            Self::Second => KEY_LEN + STATIC_KEY + TAG_LEN,
            Self::Third => STATIC_KEY + TAG_LEN,
        }
    }

    fn max_len(self) -> usize {
        match self {
            // [noise §The libp2p Handshake Payload] The first message would not keep a secret, so it has
            // no payload.
            Self::First => KEY_LEN,
            Self::Second | Self::Third => MAX_HANDSHAKE_MESSAGE_LEN,
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::First => "the dialer's first message",
            Self::Second => "the listener's message",
            Self::Third => "the dialer's last message",
        })
    }
}

/// The bytes in which the length of a message is said.
pub(crate) const PREFIX_LEN: usize = 2;
