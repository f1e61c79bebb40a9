//! Memory for datagrams that have arrived, used again.

use std::collections::VecDeque;

use bytes::BytesMut;

/// Memory that datagrams were copied to, the oldest first, to be used again when nobody holds them any more.
///
/// Whoever reads frees it, on a thread of its own; allocators then give it back to the system and fetch it
/// anew all the time.
#[derive(Debug, Default)]
pub(super) struct Slabs(VecDeque<BytesMut>);

impl Slabs {
    /// Copies `content`, into memory that was used before if there is much of it.
    pub(super) fn copy(&mut self, content: &[u8]) -> BytesMut {
        // Whoever holds little must not hold a slab for it.
        if content.len() < SLAB_BYTES / 4 {
            return BytesMut::from(content);
        }
        let mut slab = self.take(content.len());
        slab.extend_from_slice(content);
        let copy = slab.split();
        self.0.push_back(slab);
        copy
    }

    fn take(&mut self, len: usize) -> BytesMut {
        for _ in 0..LOOKED_AT {
            let Some(mut slab) = self.0.pop_front() else {
                break;
            };
            if slab.try_reclaim(len) {
                return slab;
            }
            self.0.push_back(slab);
        }
        if self.0.len() >= MAX_SLABS {
            self.0.pop_front();
        }
        BytesMut::with_capacity(len.max(SLAB_BYTES))
    }
}

/// As much as one buffer of the socket holds at most.
pub(super) const SLAB_BYTES: usize = 65_536;

/// 2 MiB: a few turns' worth at the highest rates.
const MAX_SLABS: usize = 32;

/// Slabs that a slow reader holds are passed over.
const LOOKED_AT: usize = 4;

#[cfg(test)]
mod tests;
