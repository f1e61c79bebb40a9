//! Streams: open, accept, write, end them in every way.

use bytes::Bytes;

use super::{
    Connection,
    stream::{Greeting, Hold, SendHalf, Stream},
};
use crate::{OpenError, StreamError, StreamId, WriteError};

impl Connection {
    /// Opens a stream.
    ///
    /// The peer learns of it with the first write, finish or reset. Must be [abandoned](Self::abandon)
    /// once.
    ///
    /// # Errors
    ///
    /// There can be no stream now, or ever.
    pub fn open_stream(&mut self) -> Result<StreamId, OpenError> {
        if self.is_closed() {
            return Err(OpenError::Closed);
        }
        if self.peer_goes_away {
            return Err(OpenError::PeerGoesAway);
        }
        // [yamux §ACK backlog & backpressure] At most 256 streams wait for an acknowledgement.
        if !self.can_open() {
            self.is_open_awaited = true;
            return Err(OpenError::Blocked);
        }
        self.table.open(self.now).ok_or(OpenError::Exhausted)
    }

    /// Takes the next stream that the peer opened. Must be [abandoned](Self::abandon) once.
    #[must_use]
    pub fn accept_stream(&mut self) -> Option<StreamId> {
        let Some((id, stream)) = self.table.accept() else {
            self.is_accept_awaited = true;
            return None;
        };
        if stream.greeting == Greeting::Ack {
            // [yamux §ACK backlog & backpressure] The acknowledgement may wait for the application.
            self.outbox.push_control(id, stream);
        }
        Some(id)
    }

    /// Writes as much of `data` as there is room for, and takes it from the front of `data`.
    ///
    /// Copies nothing but small pieces that join others. Nothing is taken beyond the peer's credit and the
    /// limits of [`Config`](crate::Config).
    ///
    /// # Errors
    ///
    /// Nothing was written, and `data` is as it was.
    pub fn write(&mut self, stream: StreamId, data: &mut Bytes) -> Result<usize, WriteError> {
        if data.is_empty() {
            return Ok(0);
        }
        let len = self.room(stream, data.len())?;
        let piece = data.split_to(len);
        if let Some(half) = self.table.held(stream) {
            half.is_blocked = false;
            half.unsent.write(piece);
            self.outbox.push_data(stream, half);
            self.outbox.unsent_bytes = self.outbox.unsent_bytes.saturating_add(len);
        }
        Ok(len)
    }

    /// Copies as much from the front of `data` as there is room for, and returns how much.
    ///
    /// # Errors
    ///
    /// Nothing was written.
    pub fn write_slice(&mut self, stream: StreamId, data: &[u8]) -> Result<usize, WriteError> {
        if data.is_empty() {
            return Ok(0);
        }
        let len = self.room(stream, data.len())?;
        if let Some(half) = self.table.held(stream) {
            half.is_blocked = false;
            let fits = data.get(..len).unwrap_or_default();
            half.unsent.write_copy(fits, &mut self.outbox.memory);
            self.outbox.push_data(stream, half);
            self.outbox.unsent_bytes = self.outbox.unsent_bytes.saturating_add(len);
        }
        Ok(len)
    }

    /// Ends our half in order. The end is queued; [`Event::Finished`](crate::Event::Finished) says that the peer has it all.
    ///
    /// # Errors
    ///
    /// The end is not queued, and no event will come.
    pub fn finish(&mut self, stream: StreamId) -> Result<(), StreamError> {
        if self.is_closed() {
            return Err(StreamError::Closed);
        }
        let half = self.table.held(stream).ok_or(StreamError::NotOpen)?;
        match half.send {
            SendHalf::Open => {
                half.send = SendHalf::Finishing;
                half.is_blocked = false;
                self.outbox.push_data(stream, half);
                Ok(())
            }
            SendHalf::Stopped { code } => Err(StreamError::Stopped { code }),
            SendHalf::Finishing | SendHalf::Finished | SendHalf::Acknowledged | SendHalf::Reset => {
                Err(StreamError::NotOpen)
            }
        }
    }

    /// Breaks off our half: what was not sent is dropped, and the peer's reads fail.
    ///
    /// Yamux resets both halves at once: if the peer's half is not ended, it is over too, with what was
    /// not read of it. Does nothing when our half is done.
    pub fn reset(&mut self, stream: StreamId, code: u32) {
        let Some(half) = self.table.held(stream) else {
            return;
        };
        match half.send {
            SendHalf::Open | SendHalf::Finishing | SendHalf::Finished => {}
            SendHalf::Acknowledged | SendHalf::Reset | SendHalf::Stopped { .. } => return,
        }
        half.send = SendHalf::Reset;
        half.is_blocked = false;
        if half.ending.is_none() {
            self.stop_reading(stream, code);
        }
        self.break_off(stream, code);
    }

    /// Says that we will read no more: what has arrived and what arrives is dropped.
    ///
    /// Yamux cannot refuse one half, so our half goes on, and the peer is given no more credit. If it goes on
    /// sending when our half is finished and has arrived, the stream is reset with `code`. Does nothing when
    /// the peer's half is done.
    pub fn stop(&mut self, stream: StreamId, code: u32) {
        let is_reading = self
            .table
            .held(stream)
            .is_some_and(|half| half.is_reading());
        if is_reading {
            self.stop_reading(stream, code);
            self.break_off_overrun(stream);
        }
    }

    /// Sets who goes first when several streams have something to send: the higher number. 0 at first.
    ///
    /// A stream that always has something to send holds back all with a lower priority.
    pub fn set_priority(&mut self, stream: StreamId, priority: i32) {
        let Some(half) = self.table.held(stream) else {
            return;
        };
        let old = std::mem::replace(&mut half.priority, priority);
        if half.queued.data && old != priority {
            self.outbox.data.remove(old, stream);
            self.outbox.data.push_back(priority, stream);
        }
    }

    /// Lets go of a stream in whatever state it is; `code` is the reason for what is broken off.
    ///
    /// Our half is reset unless it was finished; what was finished is still delivered. What the peer sends
    /// is dropped, as after [`stop`](Self::stop). No event of the stream follows, and it counts against the
    /// limits until both halves are done, for [`Config::linger_timeout`](crate::Config::linger_timeout)
    /// twice if the peer stands still.
    pub fn abandon(&mut self, stream: StreamId, code: u32) {
        let Some(half) = self.table.held(stream) else {
            return;
        };
        let is_unfinished = half.send == SendHalf::Open;
        self.table.held = self.table.held.saturating_sub(1);
        self.stop_reading(stream, code);
        if is_unfinished {
            self.break_off(stream, code);
        }
        let Some(half) = self.table.get_mut(stream) else {
            return;
        };
        half.hold = Hold::Abandoned;
        half.is_blocked = false;
        // From the moment at which we know the time again.
        half.has_moved = true;
        if half.is_lingering() && self.close_reason.is_none() {
            self.watch(stream);
            self.break_off_overrun(stream);
        }
        self.settle(stream);
    }

    /// Returns how many streams are held: opened or accepted, and not let go.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        self.table.held
    }

    /// Returns how many of `wanted` bytes may be written, at least one.
    fn room(&mut self, stream: StreamId, wanted: usize) -> Result<usize, WriteError> {
        if self.is_closed() {
            return Err(WriteError::Closed);
        }
        let shared = self
            .config
            .send_buffer
            .saturating_sub(self.outbox.unsent_bytes);
        let half = self.table.get_with_growth(stream);
        let held = half.filter(|(half, _)| half.is_held());
        let (half, growth) = held.ok_or(WriteError::NotOpen)?;
        match half.send {
            SendHalf::Open => {}
            SendHalf::Stopped { code } => return Err(WriteError::Stopped { code }),
            SendHalf::Finishing | SendHalf::Finished | SendHalf::Acknowledged | SendHalf::Reset => {
                return Err(WriteError::NotOpen);
            }
        }
        let own = self
            .config
            .stream_send_buffer
            .saturating_sub(half.unsent.len());
        let room = shared.min(own).min(half.credit_left());
        let unsent = u64::try_from(self.outbox.unsent_bytes).unwrap_or(u64::MAX);
        let wanted = u64::try_from(room.min(wanted)).unwrap_or(u64::MAX);
        let granted = growth.share.hold_more_sent(unsent, wanted);
        if granted == 0 {
            half.is_blocked = true;
            if shared == 0 || room > 0 {
                self.outbox.push_starved(stream, half);
            }
            return Err(WriteError::Blocked);
        }
        Ok(usize::try_from(granted).unwrap_or(usize::MAX))
    }

    fn stop_reading(&mut self, id: StreamId, code: u32) {
        if let Some(stream) = self.table.get_mut(id) {
            stream.stopped.get_or_insert(code);
            let dropped = stream.unread.load();
            stream.unread.clear();
            self.drop_unread(dropped);
        }
    }

    /// Looks at a stream again when it should be over.
    fn watch(&mut self, id: StreamId) {
        let Some(at) = self.now.checked_add(self.config.linger_timeout) else {
            return;
        };
        let table = &self.table;
        self.lingering.push(at, id, table.len(), |id| {
            table.get(id).is_some_and(Stream::is_lingering)
        });
    }

    /// Resets a stream that has stood still since it was abandoned.
    pub(super) fn on_linger(&mut self, id: StreamId) {
        let Some(stream) = self
            .table
            .get_mut(id)
            .filter(|stream| stream.is_lingering())
        else {
            return;
        };
        if std::mem::take(&mut stream.has_moved) {
            self.watch(id);
        } else {
            let code = stream.stopped.unwrap_or_default();
            self.break_off(id, code);
        }
    }

    /// Lets no timer fire for streams that are over.
    pub(super) fn trim_lingering(&mut self) {
        let table = &self.table;
        self.lingering
            .trim(|id| table.get(id).is_some_and(Stream::is_lingering));
    }
}
