//! What TCP sends.

use std::fmt;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::ConnectionKey;

/// A segment. Sequence numbers count the bytes of a direction from 0, and its end as one more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Syn,
    SynAck(Ack),
    Data(Data, Ack),
    Ack(Ack),
    /// Asks for an acknowledgement.
    Probe(Ack),
    Reset,
}

/// Which connections a segment belongs to, as sequence numbers that begin at random tell a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Between {
    /// The sender's; `None` if it answers for no connection.
    pub(crate) from: Option<ConnectionKey>,
    /// The one that the sender takes for the other end; `None` before it has heard of one.
    pub(crate) to: Option<ConnectionKey>,
}

/// A piece of the byte stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Data {
    pub(crate) start: u64,
    pub(crate) bytes: Bytes,
    /// The end of the stream follows the bytes.
    pub(crate) is_last: bool,
}

/// What the receiver has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ack {
    /// Everything before.
    pub(crate) up_to: u64,
    /// Some of what came ahead of its turn, the latest pieces of it.
    pub(crate) ahead: Vec<(u64, u64)>,
    /// Where the receiver's window ends.
    pub(crate) window_end: u64,
}

impl Data {
    /// Returns the number after the last that this takes.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64 + u64::from(self.is_last)
    }
}

impl Segment {
    pub(crate) fn data_len(&self) -> usize {
        match self {
            Self::Data(data, _) => data.bytes.len(),
            Self::Syn | Self::SynAck(_) | Self::Ack(_) | Self::Probe(_) | Self::Reset => 0,
        }
    }

    pub(crate) fn hash(&self, hash: &mut Sha256) {
        hash.update(self.to_string().as_bytes());
        if let Self::Data(data, _) = self {
            hash.update(&data.bytes);
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syn => f.write_str("syn"),
            Self::SynAck(ack) => write!(f, "syn {ack}"),
            Self::Data(data, ack) => {
                write!(f, "{}+{}", data.start, data.bytes.len())?;
                f.write_str(if data.is_last { " fin " } else { " " })?;
                ack.fmt(f)
            }
            Self::Ack(ack) => ack.fmt(f),
            Self::Probe(ack) => write!(f, "probe {ack}"),
            Self::Reset => f.write_str("rst"),
        }
    }
}

impl fmt::Display for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ack {} win {}", self.up_to, self.window_end)?;
        let mut ahead = self.ahead.iter();
        ahead.try_for_each(|(start, end)| write!(f, " sack {start}-{end}"))
    }
}
