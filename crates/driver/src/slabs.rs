//! Memory for what arrives, used again.

use std::collections::VecDeque;

use bytes::BytesMut;

/// Memory in which something has arrived, to be used again when nobody holds a part of it any more: the latest first,
/// because the processor's cache still has it.
///
/// Whoever reads frees it, on a thread of its own; allocators then give it back to the system and fetch it
/// anew all the time, which costs more than the encryption.
#[derive(Debug)]
pub struct Slabs {
    slabs: VecDeque<BytesMut>,
    slab_bytes: usize,
}

impl Slabs {
    /// Makes an empty store of slabs that have room for `slab_bytes` each.
    pub fn new(slab_bytes: usize) -> Self {
        Self {
            slabs: VecDeque::new(),
            slab_bytes,
        }
    }

    /// Returns whether there is no memory here.
    pub fn is_empty(&self) -> bool {
        self.slabs.is_empty()
    }

    /// Copies `content`, into memory that was used before if there is much of it.
    pub fn copy(&mut self, content: &[u8]) -> BytesMut {
        // Whoever holds little must not hold a slab for it.
        if content.len() < self.slab_bytes / 4 {
            return BytesMut::from(content);
        }
        let mut slab = self.take(content.len());
        slab.extend_from_slice(content);
        let copy = slab.split();
        self.put(slab);
        copy
    }

    /// Returns an empty buffer with room for `len` bytes or a slab, whichever is more.
    pub fn take(&mut self, len: usize) -> BytesMut {
        for _ in 0..LOOKED_AT {
            let Some(mut slab) = self.slabs.pop_back() else {
                break;
            };
            if slab.try_reclaim(len.max(self.slab_bytes)) {
                return slab;
            }
            self.slabs.push_front(slab);
        }
        BytesMut::with_capacity(len.max(self.slab_bytes))
    }

    /// Keeps `slab` for another use. What was split off it may still be held by others.
    pub fn put(&mut self, mut slab: BytesMut) {
        slab.clear();
        if self.slabs.len() >= MAX_BYTES / self.slab_bytes.max(1) {
            self.slabs.pop_front();
        }
        self.slabs.push_back(slab);
    }
}

/// A few turns' worth at the highest rates.
const MAX_BYTES: usize = 2 << 20;

/// Slabs that a slow reader holds are passed over, and come last from then on.
const LOOKED_AT: usize = 4;

#[cfg(test)]
mod tests;
