//! What arrived beyond a gap, until what is missing arrives.

use std::collections::BTreeMap;

use bytes::Bytes;

/// What was taken out of quinn-proto before its turn.
///
/// quinn-proto ends a connection when a stream has more than about a thousand gaps, and lets the peer send as much as
/// was taken. It gives pieces out in any order; here they are put into theirs.
#[derive(Debug)]
pub(super) struct Reassembly {
    /// Where in the stream the next read begins.
    next: u64,
    /// By where they begin. None overlaps another: quinn-proto sees to that.
    pieces: BTreeMap<u64, Piece>,
    /// What all pieces cost.
    cost: u64,
}

#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    /// What is given back when all of it was read.
    cost: u64,
}

impl Reassembly {
    pub(super) fn new(next: u64) -> Self {
        Self {
            next,
            pieces: BTreeMap::new(),
            cost: 0,
        }
    }

    /// Returns what the pieces take, in bytes.
    pub(super) fn cost(&self) -> u64 {
        self.cost
    }

    /// Returns what may be taken by one piece more, when all are to take no more than `most` bytes.
    pub(super) fn room(&self, most: u64) -> u64 {
        if self.pieces.len() >= MAX_PIECES {
            return 0;
        }
        most.saturating_sub(self.cost)
    }

    /// Returns whether what begins at `offset` comes after something that is missing.
    pub(super) fn is_beyond_gap(&self, offset: u64) -> bool {
        offset > self.next
    }

    /// Notes that `len` bytes were read which have not waited here.
    pub(super) fn skip(&mut self, len: usize) {
        self.next = self.next.saturating_add(to_u64(len));
    }

    /// Keeps what begins at `offset`, and returns what that takes.
    ///
    /// It is copied: beside a small piece of a packet there would be all that came with the packet.
    pub(super) fn insert(&mut self, offset: u64, piece: &[u8]) -> u64 {
        let cost = match self.joinable(offset, piece.len()) {
            Some(before) => {
                before.bytes = [&before.bytes, piece].concat().into();
                before.cost = before.cost.saturating_add(to_u64(piece.len()));
                to_u64(piece.len())
            }
            None => {
                let cost = to_u64(piece.len()).saturating_add(PIECE_COST);
                let bytes = Bytes::copy_from_slice(piece);
                self.pieces.insert(offset, Piece { bytes, cost });
                cost
            }
        };
        self.cost = self.cost.saturating_add(cost);
        cost
    }

    /// Returns the piece that ends at `offset`, if it is so small that it is worth joining with `len` bytes more.
    fn joinable(&mut self, offset: u64, len: usize) -> Option<&mut Piece> {
        let (start, before) = self.pieces.range_mut(..offset).next_back()?;
        let ends_there = start.saturating_add(to_u64(before.bytes.len())) == offset;
        let is_small = before.bytes.len().saturating_add(len) <= MAX_JOINED;
        (ends_there && is_small).then_some(before)
    }

    /// Takes at most `max` of the bytes that are next, and says how much less is taken then; `None` when they are
    /// missing.
    pub(super) fn take(&mut self, max: usize) -> Option<(Bytes, u64)> {
        let entry = self.pieces.first_entry()?;
        if *entry.key() > self.next {
            return None;
        }
        let mut piece = entry.remove();
        let taken = piece.bytes.split_to(max.min(piece.bytes.len()));
        self.skip(taken.len());
        if !piece.bytes.is_empty() {
            self.pieces.insert(self.next, piece);
            return Some((taken, 0));
        }
        self.cost = self.cost.saturating_sub(piece.cost);
        Some((taken, piece.cost))
    }
}

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// What a piece takes beside its bytes: its places here and among the ranges that quinn-proto has seen, and what the
/// allocator adds.
pub(super) const PIECE_COST: u64 = 192;

/// A window of full packets has half as many. quinn-proto remembers each gap until the peer has ended the stream, also
/// when nobody reads it any more.
const MAX_PIECES: usize = 4096;

/// In bytes: up to a packet's worth of frames that are smaller.
const MAX_JOINED: usize = 1024;

#[cfg(test)]
mod tests;
