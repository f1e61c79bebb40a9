//! Datagrams in, datagrams out, and their congestion marks.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
};

use bytes::BytesMut;

/// A datagram as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Who sent it, as far as the network says.
    pub remote: SocketAddr,
    /// The local address that it was sent to, where the platform tells.
    pub local_ip: Option<IpAddr>,
    /// Its congestion mark; `None` when it had none or the platform does not tell.
    pub ecn: Option<Ecn>,
    /// Its bytes, owned so that they can be opened in place and kept.
    pub payload: BytesMut,
}

/// Where the bytes that were just appended to a buffer go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Who gets them.
    pub remote: SocketAddr,
    /// The local address to send from, if it matters.
    pub local_ip: Option<IpAddr>,
    /// The congestion mark of each datagram.
    pub ecn: Option<Ecn>,
    /// How many bytes were appended in all.
    pub len: usize,
    /// The length of each datagram but the last, which may be shorter; `None` when there is one.
    pub segment_len: Option<NonZeroUsize>,
}

impl Transmit {
    /// Cuts `appended`, the bytes that came with this transmit, into its datagrams.
    ///
    /// ```
    /// # use std::num::NonZeroUsize;
    /// # use sinew_sans_io::Transmit;
    /// let transmit = Transmit {
    ///     remote: ([192, 0, 2, 7], 4001).into(),
    ///     local_ip: None,
    ///     ecn: None,
    ///     len: 5,
    ///     segment_len: NonZeroUsize::new(2),
    /// };
    ///
    /// assert!(transmit.datagrams(b"aabbc").eq([&b"aa"[..], b"bb", b"c"]));
    /// ```
    pub fn datagrams<'a>(&self, appended: &'a [u8]) -> impl ExactSizeIterator<Item = &'a [u8]> {
        let len = self.segment_len.map_or(self.len, NonZeroUsize::get);
        appended.chunks(len.max(1))
    }
}

/// A congestion mark: the codepoints of explicit congestion notification, except "not capable".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ecn {
    /// ECT(0): the sender understands marks.
    Ect0,
    /// ECT(1): the sender understands marks and wants them early.
    Ect1,
    /// CE: congestion was met on the way.
    Ce,
}

impl Ecn {
    /// Reads the two low bits of a traffic class; the rest of `bits` is not looked at.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits & 0b11 {
            0b10 => Some(Self::Ect0),
            0b01 => Some(Self::Ect1),
            0b11 => Some(Self::Ce),
            _ => None,
        }
    }

    /// Returns the two bits on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Ect0 => 0b10,
            Self::Ect1 => 0b01,
            Self::Ce => 0b11,
        }
    }
}

#[cfg(test)]
mod tests;
