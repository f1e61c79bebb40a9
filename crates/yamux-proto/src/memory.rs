//! Memory for what is copied on its way out, used again.

use std::mem;

use bytes::{Bytes, BytesMut};

/// Memory that was sent from and is free again.
///
/// Allocators give pieces of this size back to the system as soon as they are freed and fetch them anew, which
/// costs more than the encryption.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    free: Vec<BytesMut>,
    is_in_use: bool,
}

impl Memory {
    /// Returns an empty buffer with room for [`PIECE`].
    pub(crate) fn take(&mut self) -> BytesMut {
        self.is_in_use = true;
        let free = self.free.pop();
        free.unwrap_or_else(|| BytesMut::with_capacity(PIECE))
    }

    /// Keeps the memory of `sent` for another use, if it is a piece and nobody else holds it.
    pub(crate) fn put(&mut self, sent: Bytes) {
        if self.free.len() >= MAX_FREE {
            return;
        }
        let Ok(mut piece) = sent.try_into_mut() else {
            return;
        };
        piece.clear();
        if piece.try_reclaim(PIECE) && piece.capacity() == PIECE {
            self.free.push(piece);
        }
    }

    /// Returns whether there is anything to be trimmed.
    pub(crate) fn is_held(&self) -> bool {
        !self.free.is_empty()
    }

    /// Lets go of everything unless something was taken since the last call.
    pub(crate) fn trim(&mut self) {
        if !mem::take(&mut self.is_in_use) {
            self.free = Vec::new();
        }
    }
}

/// What is allocated at a time, in bytes. As much as a record of Noise holds.
pub(crate) const PIECE: usize = 64 << 10;

/// 1 MiB: what a few busy streams have waiting.
const MAX_FREE: usize = 16;

#[cfg(test)]
mod tests;
