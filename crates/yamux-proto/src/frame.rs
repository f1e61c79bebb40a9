//! Frame headers, decoded and encoded.

use std::ops::BitOr;

use crate::{StreamId, Violation};

/// A frame without its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// `len` bytes of payload follow.
    Data {
        stream: StreamId,
        flags: Flags,
        len: u32,
    },
    /// `credit` more bytes may be sent; with RST it is a reset's code instead.
    WindowUpdate {
        stream: StreamId,
        flags: Flags,
        credit: u32,
    },
    Ping {
        value: u32,
    },
    Pong {
        value: u32,
    },
    GoAway {
        code: u32,
    },
}

/// What a frame does besides its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(u16);

impl Frame {
    // [yamux §Framing] Each header is 12 bytes long.
    pub(crate) const HEADER_LEN: usize = 12;
    /// The id that stands for the connection instead of a stream.
    pub(crate) const SESSION: u32 = 0;

    // [yamux §Framing] Version, type, flags, stream id and length, in network order.
    pub(crate) fn decode(header: &[u8; Self::HEADER_LEN]) -> Result<Self, Violation> {
        let &[version, kind, f0, f1, s0, s1, s2, s3, l0, l1, l2, l3] = header;
        let flags = Flags(u16::from_be_bytes([f0, f1]));
        let stream = u32::from_be_bytes([s0, s1, s2, s3]);
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        // [yamux §Version Field] The version is always 0.
        if version != VERSION {
            return Err(Violation::UnknownVersion { version });
        }
        if kind > GO_AWAY {
            return Err(Violation::UnknownType { kind });
        }
        if !Flags::KNOWN.has(flags) {
            let flags = flags.0;
            return Err(Violation::UnknownFlags { stream, flags });
        }
        let is_session = stream == Self::SESSION;
        match kind {
            DATA | WINDOW_UPDATE if is_session => Err(Violation::StreamFrameOnSession),
            DATA => Ok(Self::Data {
                stream: StreamId::new(stream),
                flags,
                len: length,
            }),
            WINDOW_UPDATE => Ok(Self::WindowUpdate {
                stream: StreamId::new(stream),
                flags,
                credit: length,
            }),
            // [yamux §StreamID Field] Ping and go-away always use the id 0.
            _ if !is_session => Err(Violation::SessionFrameOnStream {
                stream: StreamId::new(stream),
            }),
            // [yamux §Flag Field] SYN is a ping's question, ACK its answer.
            PING if flags == Flags::SYN => Ok(Self::Ping { value: length }),
            PING if flags == Flags::ACK => Ok(Self::Pong { value: length }),
            PING => Err(Violation::PingFlags { flags: flags.0 }),
            _ => Ok(Self::GoAway { code: length }),
        }
    }

    pub(crate) fn encode(self) -> [u8; Self::HEADER_LEN] {
        let (kind, flags, stream, length) = match self {
            Self::Data { stream, flags, len } => (DATA, flags, stream.as_u32(), len),
            Self::WindowUpdate {
                stream,
                flags,
                credit,
            } => (WINDOW_UPDATE, flags, stream.as_u32(), credit),
            Self::Ping { value } => (PING, Flags::SYN, Self::SESSION, value),
            Self::Pong { value } => (PING, Flags::ACK, Self::SESSION, value),
            Self::GoAway { code } => (GO_AWAY, Flags::NONE, Self::SESSION, code),
        };
        let [f0, f1] = flags.0.to_be_bytes();
        let [s0, s1, s2, s3] = stream.to_be_bytes();
        let [l0, l1, l2, l3] = length.to_be_bytes();
        [VERSION, kind, f0, f1, s0, s1, s2, s3, l0, l1, l2, l3]
    }
}

// [yamux §Flag Field]
impl Flags {
    pub(crate) const NONE: Self = Self(0);
    /// Opens a stream.
    pub(crate) const SYN: Self = Self(1);
    /// Accepts a stream.
    pub(crate) const ACK: Self = Self(2);
    /// Ends one half of a stream in order.
    pub(crate) const FIN: Self = Self(4);
    /// Breaks off both halves of a stream.
    pub(crate) const RST: Self = Self(8);
    const KNOWN: Self = Self(15);

    /// Returns whether all of `flags` are set.
    pub(crate) const fn has(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

const VERSION: u8 = 0;

// [yamux §Type Field]
const DATA: u8 = 0;
const WINDOW_UPDATE: u8 = 1;
const PING: u8 = 2;
const GO_AWAY: u8 = 3;

#[cfg(test)]
mod tests;
