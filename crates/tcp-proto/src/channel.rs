//! What carries plaintext once the handshake is done: records of Noise or of TLS.

use bytes::BytesMut;
use sinew_noise_proto::{Sealer, Transport};

use crate::{
    Violation,
    tls::{self, Exhausted, Opened, Records},
};

/// Records, sealed and opened in place.
#[derive(Debug)]
pub(crate) enum Channel {
    Noise(Box<Transport>),
    Tls(Box<Records>),
}

impl Channel {
    /// Returns what stands in front of the plaintext of a record that is to be sealed.
    pub(crate) fn header(&self) -> &'static [u8] {
        match self {
            Self::Noise(_) => &Sealer::HEADER,
            Self::Tls(_) => Records::HEADER,
        }
    }

    /// Returns the most plaintext of one record, in bytes.
    pub(crate) fn max_plaintext_len(&self) -> usize {
        match self {
            Self::Noise(_) => Sealer::MAX_PLAINTEXT_LEN,
            Self::Tls(_) => Records::MAX_PLAINTEXT_LEN,
        }
    }

    /// Returns whether there is something to say that is no plaintext.
    pub(crate) fn wants_control(&self) -> bool {
        match self {
            Self::Noise(_) => false,
            Self::Tls(records) => records.wants_control(),
        }
    }

    /// Appends what has to be said before the next plaintext.
    pub(crate) fn write_control(&mut self, out: &mut Vec<u8>) -> Result<(), Exhausted> {
        match self {
            Self::Noise(_) => Ok(()),
            Self::Tls(records) => records.write_control(out),
        }
    }

    /// Turns what stands in `out` from `start` on, a header and then plaintext, into one record.
    pub(crate) fn seal(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), Exhausted> {
        match self {
            Self::Noise(transport) => transport.sealer.seal(out, start).map_err(|_| Exhausted),
            Self::Tls(records) => records.seal(out, start),
        }
    }

    /// Appends the last word: that we say no more, or, with `alert`, why.
    ///
    /// Noise has none.
    pub(crate) fn write_end(
        &mut self,
        alert: Option<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), Exhausted> {
        match self {
            Self::Noise(_) => Ok(()),
            Self::Tls(records) => records.write_alert(alert.unwrap_or(tls::CLOSE_NOTIFY), out),
        }
    }

    /// Takes one record from the front of `input`, or returns `None` when it is not all there.
    pub(crate) fn open(&mut self, input: &mut BytesMut) -> Result<Option<Opened>, Violation> {
        match self {
            Self::Noise(transport) => Ok(transport.opener.open(input)?.map(Opened::Data)),
            Self::Tls(records) => Ok(records.open(input)?),
        }
    }
}

/// The most frames that one record can hold, with headers of 12 bytes and nothing behind them.
pub(crate) const MAX_FRAMES: usize = Sealer::MAX_PLAINTEXT_LEN / FRAME_HEADER_LEN + 1;

/// The length of a frame's header in Yamux, in bytes.
pub(crate) const FRAME_HEADER_LEN: usize = 12;
