//! What we say, gathered into batches.

use std::{num::NonZeroUsize, time::Instant};

use super::{
    Connection,
    batch::Batch,
    stream::{Greeting, OurReset, SendHalf, Stream},
    window::{Growth, Rtt},
};
use crate::{
    Event, StreamId,
    frame::{Flags, Frame},
};

impl Connection {
    /// Appends frames of `max` bytes at most to `out` and returns their length, or leaves `out` as it is.
    ///
    /// This is [`poll_transmit`](sinew_sans_io::StreamMachine::poll_transmit) for a caller that fills records
    /// of its own size. Frames are never cut, data is: with `max` at [`MIN_TRANSMIT`](crate::MIN_TRANSMIT) or
    /// above, something comes as long as there is something.
    ///
    /// Pings, answers and credit go first. Streams send in turns, those of a higher priority before others.
    #[must_use = "bytes were appended to `out`"]
    pub fn poll_transmit_up_to(
        &mut self,
        now: Instant,
        max: usize,
        out: &mut Vec<u8>,
    ) -> Option<NonZeroUsize> {
        self.now = self.now.max(now);
        let mut batch = Batch::new(out, max);
        if self.is_closed() {
            self.send_farewell(&mut batch);
        } else {
            self.send_ping(&mut batch);
            self.send_replies(&mut batch);
            self.send_control(&mut batch);
            self.send_data(&mut batch);
            self.send_proof(&mut batch);
            self.give_back_sent();
            self.feed_starved();
        }
        let len = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        self.counters.sent = self.counters.sent.saturating_add(len);
        batch.written()
    }

    // [yamux §Session termination]
    fn send_farewell(&mut self, batch: &mut Batch<'_>) {
        if batch.fits_header()
            && let Some(code) = self.farewell.take()
        {
            batch.push(Frame::GoAway { code });
        }
    }

    fn send_ping(&mut self, batch: &mut Batch<'_>) {
        if batch.fits_header()
            && let Some(value) = self.pinger.send(self.now)
        {
            batch.push(Frame::Ping { value });
            self.finishing.on_ping();
        }
    }

    /// Sends a ping behind the ends that were sent, to know when they have arrived.
    fn send_proof(&mut self, batch: &mut Batch<'_>) {
        if self.finishing.wants_ping() {
            self.pinger.want();
            self.send_ping(batch);
        }
    }

    fn send_replies(&mut self, batch: &mut Batch<'_>) {
        while batch.fits_header()
            && let Some(reply) = self.outbox.replies.pop_front()
        {
            batch.push(reply);
        }
    }

    /// Sends resets, credit and acknowledgements.
    fn send_control(&mut self, batch: &mut Batch<'_>) {
        let (now, rtt) = (self.now, self.pinger.measured());
        while batch.fits_header()
            && let Some(id) = self.outbox.control.pop_front()
        {
            let Some((stream, growth)) = self.table.get_with_growth(id) else {
                continue;
            };
            stream.queued.control = false;
            if let Some((flags, credit)) = stream.take_control(now, rtt, growth) {
                batch.push(Frame::WindowUpdate {
                    stream: id,
                    flags,
                    credit,
                });
            }
            self.settle(id);
        }
    }

    fn send_data(&mut self, batch: &mut Batch<'_>) {
        while let Some((id, others_wait)) = self.outbox.data.pop() {
            let Some(stream) = self.table.get_mut(id) else {
                continue;
            };
            let max_payload = self.config.max_frame_payload;
            let quantum = if others_wait {
                max_payload.min(QUANTUM)
            } else {
                max_payload
            };
            let unsent = stream.unsent.len();
            let len = unsent.min(quantum).min(batch.payload_room());
            // A scrap of a frame is not worth its header; what follows is sent in the next batch.
            let is_scrap = len < unsent && len < MIN_PAYLOAD && (len == 0 || batch.len() > 0);
            if stream.has_data() && (is_scrap || !batch.fits_header()) {
                self.outbox.data.push_front(stream.priority, id);
                return;
            }
            stream.queued.data = false;
            if stream.has_data() {
                self.send_frame(id, len, batch);
            }
            self.settle(id);
        }
    }

    /// Sends `len` bytes of a stream in one frame, or its end when all bytes are sent.
    ///
    /// The end is a frame of its own: go-yamux (5.1.0) and js-libp2p (yamux 8.0.3) act on FIN before they take the
    /// payload of its frame, so that the last bytes of the stream are lost there.
    fn send_frame(&mut self, id: StreamId, len: usize, batch: &mut Batch<'_>) {
        let Some(stream) = self.table.get_mut(id) else {
            return;
        };
        let is_last = stream.send == SendHalf::Finishing && stream.unsent.is_empty();
        let mut flags = stream.greet();
        if is_last {
            flags = flags | Flags::FIN;
        }
        // A frame's payload is 1 MiB at most.
        let wire_len = u32::try_from(len).unwrap_or(u32::MAX);
        batch.push(Frame::Data {
            stream: id,
            flags,
            len: wire_len,
        });
        batch.push_payload(&mut stream.unsent, len, &mut self.outbox.memory);
        stream.credit = stream.credit.saturating_sub(wire_len);
        stream.has_moved = true;
        self.outbox.unsent_bytes = self.outbox.unsent_bytes.saturating_sub(len);
        if stream.has_data() && !is_last {
            self.outbox.push_data(id, stream);
        }
        let is_blocked = stream.is_blocked;
        if is_last {
            self.on_end_sent(id);
        } else if is_blocked {
            self.wake_writer(id);
        }
    }

    fn on_end_sent(&mut self, id: StreamId) {
        let Some(stream) = self.table.get_mut(id) else {
            return;
        };
        stream.send = SendHalf::Finished;
        // Nobody waits to hear that the last word of a stream has arrived if nobody holds it.
        if stream.is_held() || stream.ending.is_none() {
            let table = &self.table;
            self.finishing.push(id, table.len(), |id| {
                table
                    .get(id)
                    .is_some_and(|stream| stream.send == SendHalf::Finished)
            });
        }
    }

    /// Tells a writer that was blocked when there is room again and credit for it.
    pub(super) fn wake_writer(&mut self, id: StreamId) {
        let Some(stream) = self.table.get_mut(id) else {
            return;
        };
        let limit = self.config.stream_send_buffer;
        if !stream.is_blocked || stream.credit_left() == 0 || stream.unsent.len() > limit / 2 {
            return;
        }
        if self.outbox.unsent_bytes >= self.config.send_buffer {
            self.outbox.push_starved(id, stream);
            return;
        }
        stream.is_blocked = false;
        if stream.is_held() {
            self.events.push_back(Event::Writable { stream: id });
        }
    }

    /// Tells all who wait for the shared buffer, once half of it is free.
    ///
    /// What is in it can be sent, because nothing is taken for which there is no credit. So it empties.
    pub(super) fn feed_starved(&mut self) {
        if self.outbox.unsent_bytes > self.config.send_buffer / 2 {
            return;
        }
        while let Some(id) = self.outbox.starved.pop_front() {
            if let Some(stream) = self.table.get_mut(id) {
                stream.queued.starved = false;
                self.wake_writer(id);
                self.settle(id);
            }
        }
    }
}

impl Stream {
    /// Returns the flags and the length of the window update that is due, if one is, and takes it as sent.
    fn take_control(
        &mut self,
        now: Instant,
        rtt: Option<Rtt>,
        growth: &mut Growth,
    ) -> Option<(Flags, u32)> {
        if let OurReset::Due { code } = self.reset {
            self.reset = OurReset::Done;
            // The peer need not hear of a stream that it never heard of.
            let is_news = std::mem::replace(&mut self.greeting, Greeting::Done) != Greeting::Syn;
            // [error-codes §Yamux] The length of a window update that resets is the reason.
            return is_news.then_some((Flags::RST, code));
        }
        let is_credit_due = self.is_reading() && self.window.is_update_due();
        let is_greeting_due = self.greeting == Greeting::Ack && !self.has_data();
        if !is_credit_due && !is_greeting_due {
            return None;
        }
        let credit = if self.is_reading() {
            self.window.grant(now, rtt, growth)
        } else {
            0
        };
        Some((self.greet(), credit))
    }
}

/// What a stream sends in its turn while others wait, in bytes.
const QUANTUM: usize = 16 << 10;

/// The least that is worth a frame when more waits, in bytes.
const MIN_PAYLOAD: usize = 256;
