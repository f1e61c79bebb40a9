//! Reading, and what it gives back to the peer.

use bytes::Bytes;

use super::{Connection, stream::Ending};
use crate::{ReadError, ReadState, StreamId};

impl Connection {
    /// Reads the next bytes, at most `max`; `None` is the end.
    ///
    /// # Errors
    ///
    /// Nothing was read. What arrived before the connection ended can still be read.
    pub fn read(&mut self, stream: StreamId, max: usize) -> Result<Option<Bytes>, ReadError> {
        let mut read = None;
        let state = self.read_chunks(stream, max, |bytes| {
            read = Some(bytes);
            false
        })?;
        match (read, state) {
            (Some(bytes), _) => Ok(Some(bytes)),
            (None, ReadState::Ended) => Ok(None),
            (None, ReadState::More | ReadState::Drained) => Err(ReadError::Blocked),
        }
    }

    /// Reads everything that has arrived, at most `max` bytes, and hands it to `sink` piece by piece.
    ///
    /// # Errors
    ///
    /// Nothing was read. What arrived before the connection ended can still be read.
    pub fn read_with(
        &mut self,
        stream: StreamId,
        max: usize,
        mut sink: impl FnMut(Bytes),
    ) -> Result<ReadState, ReadError> {
        self.read_chunks(stream, max, |bytes| {
            sink(bytes);
            true
        })
    }

    /// Reads until `sink` returns false, `max` bytes were read or nothing is left.
    fn read_chunks(
        &mut self,
        id: StreamId,
        max: usize,
        mut sink: impl FnMut(Bytes) -> bool,
    ) -> Result<ReadState, ReadError> {
        let is_closed = self.is_closed();
        let stream = self.table.held(id).ok_or(ReadError::NotOpen)?;
        if stream.stopped.is_some() {
            return Err(ReadError::NotOpen);
        }
        let before = stream.unread.load();
        let mut read = 0_usize;
        while let Some(bytes) = stream.unread.take(max.saturating_sub(read)) {
            read = read.saturating_add(bytes.len());
            if !sink(bytes) {
                break;
            }
        }
        let after = stream.unread.load();
        let is_empty = after.bytes == 0;
        let state = match stream.ending {
            _ if !is_empty => Ok(ReadState::More),
            Some(Ending::Fin) => Ok(ReadState::Ended),
            Some(Ending::Reset { code }) => Err(ReadError::Reset { code }),
            None if is_closed && read == 0 => Err(ReadError::Closed),
            None => {
                stream.is_awaited = true;
                let has_read = read > 0;
                has_read
                    .then_some(ReadState::Drained)
                    .ok_or(ReadError::Blocked)
            }
        };
        if read > 0 {
            // Less is always held.
            let _ = self.table.growth.may_wait(before.bytes, after.bytes);
            self.change_unread(before, after);
            self.on_read(id, read);
        }
        state
    }

    /// Takes note that `len` bytes were read, and gives the credit back when it is worth a frame.
    // [yamux §Flow Control]
    fn on_read(&mut self, id: StreamId, len: usize) {
        let Some(stream) = self.table.get_mut(id) else {
            return;
        };
        stream.window.on_read(len);
        if self.close_reason.is_some() || !stream.is_reading() {
            return;
        }
        if let Some(since) = stream.window.wants_rtt_since() {
            self.pinger.want_rtt(self.now, since);
        }
        if stream.window.is_update_due() {
            self.outbox.push_control(id, stream);
        }
    }
}
