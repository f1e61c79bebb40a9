//! What the peer says.

use bytes::{Buf, BytesMut};

use super::{
    Connection,
    stream::{Ending, Greeting, Hold, OurReset, SendHalf, Stream},
    window::INITIAL_WINDOW,
};
use crate::{
    CloseReason, Event, StreamId, Violation,
    chunks::Load,
    frame::{Flags, Frame},
};

/// Where in the input we are.
///
/// ```text
/// Header ──► Payload (data frames that are not empty) ──► Header
/// ```
#[derive(Debug)]
pub(super) enum Reading {
    Header {
        /// Some of its bytes are there, and left with the caller.
        has_begun: bool,
    },
    Payload {
        stream: StreamId,
        left: u32,
        /// The end of the stream is behind it.
        is_last: bool,
    },
}

impl Reading {
    pub(super) fn is_within_frame(&self) -> bool {
        match self {
            Self::Header { has_begun } => *has_begun,
            Self::Payload { .. } => true,
        }
    }
}

impl Connection {
    /// Reads frames, and payload as it comes, until the input or the room for replies ends.
    pub(super) fn read_frames(&mut self, input: &mut BytesMut) -> Result<(), Violation> {
        while !self.is_closed() {
            if let Reading::Payload {
                stream,
                left,
                is_last,
            } = self.reading
            {
                if input.is_empty() {
                    return Ok(());
                }
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                self.on_payload(stream, input, len);
                let used = u32::try_from(len).unwrap_or(left);
                self.expect_payload(stream, left.saturating_sub(used), is_last);
                continue;
            }
            let has_begun = !input.is_empty();
            self.reading = Reading::Header { has_begun };
            let Some(header) = input.first_chunk() else {
                return Ok(());
            };
            let frame = Frame::decode(header)?;
            if self.has_to_wait(frame) {
                return Ok(());
            }
            input.advance(Frame::HEADER_LEN);
            self.reading = Reading::Header { has_begun: false };
            self.on_frame(frame)?;
        }
        Ok(())
    }

    /// Returns whether a frame would be answered when there is no room for answers.
    fn has_to_wait(&self, frame: Frame) -> bool {
        let is_answered = match frame {
            Frame::Ping { .. } => true,
            Frame::Data { flags, .. } | Frame::WindowUpdate { flags, .. } => flags.has(Flags::SYN),
            Frame::Pong { .. } | Frame::GoAway { .. } => false,
        };
        is_answered && self.outbox.replies.len() >= self.config.max_replies
    }

    fn on_frame(&mut self, frame: Frame) -> Result<(), Violation> {
        match frame {
            Frame::Data { stream, flags, len } => self.on_data(stream, flags, len),
            Frame::WindowUpdate {
                stream,
                flags,
                credit,
            } => self.on_window_update(stream, flags, credit),
            Frame::Ping { value } => {
                self.outbox.replies.push_back(Frame::Pong { value });
                Ok(())
            }
            Frame::Pong { value } => {
                self.on_pong(value);
                Ok(())
            }
            Frame::GoAway { code } => {
                self.on_go_away(code);
                Ok(())
            }
        }
    }

    fn on_data(&mut self, id: StreamId, flags: Flags, len: u32) -> Result<(), Violation> {
        if flags.has(Flags::SYN) && len > INITIAL_WINDOW {
            return Err(Violation::WindowExceeded {
                stream: id,
                len,
                window: INITIAL_WINDOW,
            });
        }
        self.on_flags(id, flags, len > 0)?;
        let has_ended = |stream: &Stream| stream.ending == Some(Ending::Fin);
        if len > 0 && !flags.has(Flags::RST) && self.table.get(id).is_some_and(has_ended) {
            return Err(Violation::DataAfterFin { stream: id, len });
        }
        self.table.charge(id, len)?;
        if flags.has(Flags::RST) {
            self.on_reset(id, 0);
        }
        self.expect_payload(id, len, flags.has(Flags::FIN));
        Ok(())
    }

    fn on_window_update(
        &mut self,
        id: StreamId,
        flags: Flags,
        credit: u32,
    ) -> Result<(), Violation> {
        if flags.has(Flags::RST) {
            self.on_flags(id, flags, false)?;
            // [error-codes §Yamux] The length of a window update that resets is the reason.
            self.on_reset(id, credit);
            return Ok(());
        }
        if flags.has(Flags::SYN) && credit > u32::MAX - INITIAL_WINDOW {
            return Err(Violation::CreditOverflow {
                stream: id,
                window: INITIAL_WINDOW,
                credit,
            });
        }
        self.on_flags(id, flags, credit > 0 && !flags.has(Flags::FIN))?;
        self.on_credit(id, credit)?;
        if flags.has(Flags::FIN) {
            self.on_fin(id);
        }
        Ok(())
    }

    /// Does what is common to data and window updates: opening, acknowledging, and refusing frames of
    /// streams that never were.
    ///
    /// `carries` tells a frame that means something from a bare end: some implementations send an end for
    /// a stream that they have dropped before they said a word of it.
    fn on_flags(&mut self, id: StreamId, flags: Flags, carries: bool) -> Result<(), Violation> {
        if flags.has(Flags::SYN) {
            return self.on_syn(id, flags);
        }
        let is_unheard_of = self.table.is_unheard_of(id);
        if carries && is_unheard_of {
            return Err(Violation::UnknownStream { stream: id });
        }
        // Whatever is said of a stream of ours acknowledges it.
        if !is_unheard_of && self.table.on_acknowledged(id) {
            self.announce_room();
        }
        Ok(())
    }

    // [yamux §Opening a stream]
    fn on_syn(&mut self, id: StreamId, flags: Flags) -> Result<(), Violation> {
        self.table.check_opening(id)?;
        self.table.on_opened(id);
        let is_gone = flags.has(Flags::RST);
        let is_full = self.table.inbound >= self.config.max_inbound_streams;
        if is_gone || is_full {
            // Its opener may send a window of data before it hears of that.
            self.table.expect_late(INITIAL_WINDOW);
        }
        if is_gone {
            return Ok(());
        }
        if is_full {
            // [yamux §Opening a stream] A stream is turned down by a reset.
            self.outbox.replies.push_back(Frame::WindowUpdate {
                stream: id,
                flags: Flags::RST,
                credit: RESOURCE_LIMIT_EXCEEDED,
            });
            self.counters.refused = self.counters.refused.saturating_add(1);
            return Ok(());
        }
        self.table.insert(id, self.now);
        if std::mem::take(&mut self.is_accept_awaited) {
            self.events.push_back(Event::StreamOpened);
        }
        Ok(())
    }

    // [yamux §Flow Control]
    fn on_credit(&mut self, id: StreamId, credit: u32) -> Result<(), Violation> {
        let Some(stream) = self.table.get_mut(id) else {
            return Ok(());
        };
        let window = stream.credit;
        stream.credit = window
            .checked_add(credit)
            .ok_or(Violation::CreditOverflow {
                stream: id,
                window,
                credit,
            })?;
        stream.has_moved = true;
        self.wake_writer(id);
        Ok(())
    }

    fn expect_payload(&mut self, stream: StreamId, left: u32, is_last: bool) {
        if left > 0 {
            self.reading = Reading::Payload {
                stream,
                left,
                is_last,
            };
            return;
        }
        self.reading = Reading::Header { has_begun: false };
        if is_last {
            self.on_fin(stream);
        }
    }

    /// Hands the next `len` bytes of `input` to the stream's reader, or drops them when it has none.
    fn on_payload(&mut self, id: StreamId, input: &mut BytesMut, len: usize) {
        let may_share = self.may_share();
        let stream = self.table.get_with_growth(id);
        let Some((stream, growth)) = stream.filter(|(stream, _)| stream.is_reading()) else {
            let count = u64::try_from(len).unwrap_or(u64::MAX);
            self.counters.discarded = self.counters.discarded.saturating_add(count);
            input.advance(len);
            self.break_off_overrun(id);
            return;
        };
        let before = stream.unread.load();
        let bytes = before.bytes.saturating_add(len);
        if !growth.may_wait(before.bytes, bytes) {
            return self.on_no_room(id, input, len);
        }
        stream.unread.receive(input, len, may_share);
        let after = stream.unread.load();
        if std::mem::take(&mut stream.is_awaited) {
            self.events.push_back(Event::Readable { stream: id });
        }
        self.change_unread(before, after);
    }

    /// Breaks off a stream whose reader has left more than there is room for.
    fn on_no_room(&mut self, id: StreamId, input: &mut BytesMut, len: usize) {
        let count = u64::try_from(len).unwrap_or(u64::MAX);
        self.counters.discarded = self.counters.discarded.saturating_add(count);
        input.advance(len);
        self.close_both(id, RESOURCE_LIMIT_EXCEEDED);
        let code = RESOURCE_LIMIT_EXCEEDED;
        self.set_reset(id, OurReset::Due { code });
        if let Some(stream) = self.table.get_mut(id) {
            self.outbox.push_control(id, stream);
        }
    }

    fn set_reset(&mut self, id: StreamId, reset: OurReset) {
        if let Some(stream) = self.table.get_mut(id) {
            stream.reset = reset;
        }
    }

    // [yamux §Closing a stream]
    fn on_fin(&mut self, id: StreamId) {
        let Some(stream) = self.table.get_mut(id) else {
            return;
        };
        if stream.greeting == Greeting::Syn || stream.ending.is_some() {
            return;
        }
        let is_awaited = stream.is_reading() && std::mem::take(&mut stream.is_awaited);
        stream.ending = Some(Ending::Fin);
        if is_awaited {
            self.events.push_back(Event::Readable { stream: id });
        }
        self.settle(id);
    }

    fn on_reset(&mut self, id: StreamId, code: u32) {
        if let Some(stream) = self.table.get_mut(id)
            && stream.greeting != Greeting::Syn
        {
            // There is nobody left to be told anything.
            stream.greeting = Greeting::Done;
            self.close_both(id, code);
            self.set_reset(id, OurReset::Done);
            self.settle(id);
        }
    }

    /// Ends both halves of a stream for its holder.
    fn close_both(&mut self, id: StreamId, code: u32) {
        let Some(stream) = self.table.get_mut(id) else {
            return;
        };
        let mut dropped = Load::default();
        if stream.ending.is_none() {
            let is_awaited = stream.is_reading() && std::mem::take(&mut stream.is_awaited);
            stream.ending = Some(Ending::Reset { code });
            dropped = stream.unread.load();
            stream.unread.clear();
            if is_awaited {
                self.events.push_back(Event::Readable { stream: id });
            }
        }
        match stream.send {
            SendHalf::Open | SendHalf::Finishing | SendHalf::Finished => {
                stream.send = SendHalf::Stopped { code };
                self.outbox.drop_unsent(stream);
                stream.is_blocked = false;
                if stream.hold == Hold::Held {
                    self.events.push_back(Event::Stopped { stream: id, code });
                }
            }
            SendHalf::Acknowledged | SendHalf::Reset | SendHalf::Stopped { .. } => {}
        }
        self.drop_unread(dropped);
    }

    fn on_pong(&mut self, value: u32) {
        if !self.pinger.on_pong(self.now, value) {
            return;
        }
        for id in self.finishing.on_pong() {
            let Some(stream) = self.table.get_mut(id) else {
                continue;
            };
            if stream.send == SendHalf::Finished {
                stream.send = SendHalf::Acknowledged;
                if stream.is_held() {
                    self.events.push_back(Event::Finished { stream: id });
                }
                self.break_off_overrun(id);
            }
        }
    }

    // [yamux §Session termination]
    fn on_go_away(&mut self, code: u32) {
        if code != CloseReason::NORMAL {
            self.end(CloseReason::Remote { code });
        } else if !std::mem::replace(&mut self.peer_goes_away, true) {
            self.is_open_awaited = false;
            self.events.push_back(Event::PeerGoesAway);
        }
    }
}

/// libp2p's stream code for a limit that was reached.
// [error-codes §Stream error codes]
const RESOURCE_LIMIT_EXCEEDED: u32 = 0x1002;
