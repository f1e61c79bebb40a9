//! What there is once the peer is known: an encrypted channel, and streams in it.

use std::time::Instant;

use bytes::BytesMut;
use sinew_multistream_proto::Negotiation;
use sinew_sans_io::StreamMachine as _;
use sinew_yamux_proto as yamux;

use crate::{
    Error, Phase,
    channel::{Channel, FRAME_HEADER_LEN},
    tls::{Exhausted, Opened},
};

/// An encrypted channel, the negotiation of a muxer in it if there has to be one, and the muxer.
#[derive(Debug)]
pub(crate) struct Session {
    channel: Channel,
    /// The negotiation of the muxer, until it is over.
    negotiation: Option<Negotiation>,
    /// What the negotiation has to say.
    prelude: Vec<u8>,
    /// We have turned an offer down.
    has_refused: bool,
    pub(crate) yamux: yamux::Connection,
    /// Decrypted and not used: the beginning of a message or of a frame's header.
    plaintext: BytesMut,
    /// The beginning of a record is there, and left with the caller.
    is_within_record: bool,
    /// Anything was decrypted.
    pub(crate) has_heard: bool,
    /// More of the input can be used once output was taken.
    pub(crate) is_blocked: bool,
    end: End,
    /// Answers that may wait to be sent before no further record is opened.
    max_replies: usize,
}

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    /// The last word is to be said, this one if it is not the usual one.
    Due {
        alert: Option<u8>,
    },
    Said,
}

/// What stopped a session from reading on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// It needs more input, or its output taken.
    Waiting,
    /// The peer said that it will say no more.
    Closed,
}

impl Session {
    pub(crate) fn new(
        channel: Channel,
        mut negotiation: Option<Negotiation>,
        yamux: yamux::Connection,
        max_replies: usize,
    ) -> Self {
        let mut prelude = Vec::new();
        if let Some(negotiation) = &mut negotiation {
            let _ = negotiation.write(&mut prelude);
        }
        Self {
            channel,
            negotiation,
            prelude,
            has_refused: false,
            yamux,
            plaintext: BytesMut::new(),
            is_within_record: false,
            has_heard: false,
            is_blocked: false,
            end: End::Open,
            max_replies,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        if self.negotiation.is_some() {
            Phase::MuxerNegotiation
        } else {
            Phase::Open
        }
    }

    /// Returns whether Yamux may be spoken.
    pub(crate) fn is_muxer_known(&self) -> bool {
        let known = |negotiation: &Negotiation| negotiation.selected().is_some();
        self.negotiation.as_ref().is_none_or(known)
    }

    /// Opens records from the front of `input` and hands on what is in them.
    pub(crate) fn read(&mut self, now: Instant, input: &mut BytesMut) -> Result<Stopped, Error> {
        self.is_blocked = false;
        while !self.yamux.is_closed() {
            // What is in a record cannot be left there.
            if self.yamux.unsent_replies() >= self.max_replies {
                self.is_blocked = !input.is_empty();
                break;
            }
            let opened = self.channel.open(input);
            let opened = opened.map_err(|violation| Error::violation(self.phase(), violation))?;
            match opened {
                None => {
                    self.is_within_record = !input.is_empty();
                    return Ok(Stopped::Waiting);
                }
                Some(Opened::Data(text)) => {
                    self.has_heard |= !text.is_empty();
                    self.on_plaintext(now, text)?;
                }
                Some(Opened::Nothing) => {}
                Some(Opened::CloseNotify) => {
                    self.is_within_record = false;
                    return Ok(Stopped::Closed);
                }
                Some(Opened::Alert(alert)) => {
                    let phase = self.phase();
                    return Err(Error::RemoteAlert { phase, alert });
                }
            }
        }
        Ok(Stopped::Waiting)
    }

    /// Returns whether streams are open that the peer has not taken its leave of.
    ///
    /// The kernel ends the input of a process that was killed like that of one that is done: only an end that was
    /// announced, or that costs no stream, can be meant.
    pub(crate) fn is_in_use(&self) -> bool {
        let stats = self.yamux.stats();
        !self.yamux.peer_goes_away() && (stats.inbound_streams > 0 || stats.outbound_streams > 0)
    }

    /// Says that nothing more will come.
    pub(crate) fn end_input(&mut self, now: Instant) -> Result<(), Error> {
        if self.has_refused && self.negotiation.is_some() {
            return Err(Error::NoCommonMuxer);
        }
        if self.is_within_record || self.negotiation.is_some() {
            let phase = self.phase();
            return Err(Error::Truncated { phase });
        }
        self.yamux.handle_eof(now).map_err(Error::from)
    }

    /// Returns whether [`write`](Self::write) may have something. `false` saves a call.
    pub(crate) fn wants_write(&self) -> bool {
        match self.end {
            End::Said => false,
            End::Due { .. } => true,
            End::Open => {
                self.channel.wants_control()
                    || !self.prelude.is_empty()
                    || (self.is_muxer_known() && self.yamux.wants_transmit())
            }
        }
    }

    /// Appends the next record to `out`, with as much in it as there is and as fits.
    ///
    /// # Errors
    ///
    /// Nothing can be sealed any more. `out` is as it was, and it is the last word.
    pub(crate) fn write(&mut self, now: Instant, out: &mut Vec<u8>) -> Result<(), Exhausted> {
        if self.end == End::Said {
            return Ok(());
        }
        let start = out.len();
        self.write_record(now, out).inspect_err(|Exhausted| {
            // What was gathered is not sealed.
            out.truncate(start);
            self.end = End::Said;
        })
    }

    fn write_record(&mut self, now: Instant, out: &mut Vec<u8>) -> Result<(), Exhausted> {
        self.channel.write_control(out)?;
        let start = out.len();
        out.extend_from_slice(self.channel.header());
        let text = out.len();
        out.append(&mut self.prelude);
        if self.is_muxer_known() {
            let used = out.len().saturating_sub(text);
            let room = self.channel.max_plaintext_len().saturating_sub(used);
            let _ = self.yamux.poll_transmit_up_to(now, room, out);
        }
        if out.len() > text {
            return self.channel.seal(out, start);
        }
        out.truncate(start);
        if let End::Due { alert } = self.end {
            self.end = End::Said;
            self.channel.write_end(alert, out)?;
        }
        Ok(())
    }

    /// Asks for the last word to be said once all else is: `alert` if it is not the usual one.
    pub(crate) fn finish(&mut self, alert: Option<u8>) {
        if self.end == End::Open {
            self.end = End::Due { alert };
        }
    }

    fn on_plaintext(&mut self, now: Instant, mut text: BytesMut) -> Result<(), Error> {
        if let Some(negotiation) = &mut self.negotiation {
            if !self.plaintext.is_empty() {
                self.plaintext.extend_from_slice(&text);
                text = self.plaintext.split();
            }
            let result = negotiation.handle_input(now, &mut text);
            // What was refused before it failed is to be heard.
            let has_answered = negotiation.write(&mut self.prelude).is_some();
            result.map_err(|error| Error::negotiation(Phase::MuxerNegotiation, error))?;
            if !negotiation.is_confirmed() {
                self.has_refused |= has_answered;
                self.keep(&text);
                return Ok(());
            }
            self.negotiation = None;
        }
        if !self.plaintext.is_empty() {
            // The header of a frame straddles two records.
            let missing = FRAME_HEADER_LEN.saturating_sub(self.plaintext.len());
            let rest = text.split_to(missing.min(text.len()));
            self.plaintext.extend_from_slice(&rest);
            self.yamux.handle_input(now, &mut self.plaintext)?;
        }
        if !text.is_empty() {
            self.yamux.handle_input(now, &mut text)?;
            self.keep(&text);
        }
        Ok(())
    }

    /// Keeps the little that is left of a record, without the record.
    fn keep(&mut self, text: &[u8]) {
        self.plaintext.clear();
        self.plaintext.extend_from_slice(text);
    }
}

impl From<yamux::Error> for Error {
    fn from(error: yamux::Error) -> Self {
        match error {
            yamux::Error::Violation(violation) => Self::violation(Phase::Open, violation),
            yamux::Error::PingTimeout { after } => Self::Silent { after },
            // Yamux has no other failure.
            yamux::Error::Truncated | _ => Self::Truncated { phase: Phase::Open },
        }
    }
}
