//! Bytes of a stream that wait, to be read or to be sent.

use std::{collections::VecDeque, mem};

use bytes::{Buf, Bytes, BytesMut};

use crate::memory::{Memory, PIECE};

/// A queue of bytes that shares large pieces and joins small ones.
///
/// A piece that is shared keeps the whole allocation alive that it was cut from, so few of them may wait:
/// see [`receive`](Self::receive).
///
/// Allocates nothing for one piece that is shared, and one piece of memory for one that is copied.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    /// The first bytes. Empty only when everything is.
    front: Bytes,
    /// What follows them.
    rest: VecDeque<Bytes>,
    /// Small pieces, joined, behind the rest.
    tail: BytesMut,
    len: usize,
}

/// What waits, and what it may keep alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) bytes: usize,
    /// Each may be a part of a larger buffer.
    pub(crate) pieces: usize,
}

impl Chunks {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn load(&self) -> Load {
        let front = usize::from(!self.front.is_empty());
        Load {
            bytes: self.len,
            pieces: self.rest.len().saturating_add(front),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends `bytes` by sharing them.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.len = self.len.saturating_add(bytes.len());
        if self.front.is_empty() {
            self.front = bytes;
        } else {
            self.seal_tail();
            self.rest.push_back(bytes);
        }
    }

    /// Appends `bytes` by copying them.
    pub(crate) fn push_copy(&mut self, bytes: &[u8]) {
        self.len = self.len.saturating_add(bytes.len());
        if self.front.is_empty() {
            self.front = Bytes::copy_from_slice(bytes);
            return;
        }
        if self.tail.len().saturating_add(bytes.len()) > PIECE {
            self.seal_tail();
        }
        self.tail.extend_from_slice(bytes);
    }

    /// Appends what the application writes by copying it, into memory that was used before if it is much.
    pub(crate) fn write_copy(&mut self, bytes: &[u8], memory: &mut Memory) {
        if bytes.len() < POOLED_FROM {
            return self.push_copy(bytes);
        }
        self.len = self.len.saturating_add(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = self.tail.capacity().saturating_sub(self.tail.len());
            if room == 0 {
                self.seal_tail();
                self.tail = memory.take();
                continue;
            }
            let (fits, more) = rest.split_at(room.min(rest.len()));
            self.tail.extend_from_slice(fits);
            rest = more;
        }
        if self.front.is_empty() {
            self.front = self.next();
        }
    }

    /// Appends what the application writes: shared, unless it is small and has to wait anyway.
    pub(crate) fn write(&mut self, bytes: Bytes) {
        if bytes.len() < SHARED_FROM && !self.is_empty() {
            self.push_copy(&bytes);
        } else {
            self.push(bytes);
        }
    }

    /// Moves the first `len` bytes of `input` here: shared, unless they are few or many pieces wait. How many
    /// wait elsewhere is the caller's to know, who says whether they `may_share`.
    ///
    /// Copying a small piece is cheaper than sharing it and leaves the reader's buffer unshared. The limit
    /// on pieces is one on memory: a peer whose small frames are left unread would otherwise keep a whole
    /// read buffer alive with each of them.
    pub(crate) fn receive(&mut self, input: &mut BytesMut, len: usize, may_share: bool) {
        let len = len.min(input.len());
        let max_pieces = MAX_PIECES.saturating_add(self.len / PIECE);
        if may_share && len >= SHARED_FROM && self.rest.len() < max_pieces {
            self.push(input.split_to(len).freeze());
        } else {
            self.push_copy(input.get(..len).unwrap_or_default());
            input.advance(len);
        }
    }

    /// Takes the first bytes, at most `max`, without a copy.
    pub(crate) fn take(&mut self, max: usize) -> Option<Bytes> {
        if max == 0 || self.front.is_empty() {
            return None;
        }
        let bytes = if self.front.len() <= max {
            let next = self.next();
            mem::replace(&mut self.front, next)
        } else {
            self.front.split_to(max)
        };
        self.len = self.len.saturating_sub(bytes.len());
        Some(bytes)
    }

    /// Moves the first `len` bytes to `out`, or all if there are fewer. What they were in goes to `memory`.
    pub(crate) fn copy_to(&mut self, len: usize, out: &mut Vec<u8>, memory: &mut Memory) {
        let mut left = len;
        while left > 0 && !self.front.is_empty() {
            let fits = left.min(self.front.len());
            out.extend_from_slice(self.front.get(..fits).unwrap_or_default());
            if fits == self.front.len() {
                let next = self.next();
                memory.put(mem::replace(&mut self.front, next));
            } else {
                self.front.advance(fits);
            }
            left = left.saturating_sub(fits);
            self.len = self.len.saturating_sub(fits);
        }
    }

    /// Drops everything and returns how many bytes it was.
    pub(crate) fn clear(&mut self) -> usize {
        mem::take(self).len
    }

    fn next(&mut self) -> Bytes {
        if let Some(bytes) = self.rest.pop_front() {
            return bytes;
        }
        if self.tail.is_empty() {
            return Bytes::new();
        }
        mem::take(&mut self.tail).freeze()
    }

    fn seal_tail(&mut self) {
        if !self.tail.is_empty() {
            let tail = mem::take(&mut self.tail).freeze();
            self.rest.push_back(tail);
        }
    }
}

/// Bytes from which on sharing is cheaper than copying.
const SHARED_FROM: usize = 2048;

/// Bytes from which on a whole piece of memory may be held for them.
const POOLED_FROM: usize = 16 << 10;

/// Pieces that may wait behind the first, besides one for each [`PIECE`]: more than the records of TLS in what a
/// driver reads in a turn, so that nothing is copied for a reader that keeps up.
const MAX_PIECES: usize = 32;

#[cfg(test)]
mod tests;
