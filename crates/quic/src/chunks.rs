//! Memory for what is copied on its way out, used again.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Memory that was written from and is free again.
///
/// What is written lives until it is acknowledged, and is freed by another thread than the one that wrote.
/// Allocators then give the memory back to the system at each acknowledgement and fetch it anew, which costs
/// more than the encryption.
#[derive(Debug, Default)]
pub(crate) struct Chunks(Mutex<Vec<Vec<u8>>>);

/// Goes home when the last handle to its bytes is dropped.
struct Chunk {
    bytes: Vec<u8>,
    home: Arc<Chunks>,
}

impl Chunks {
    /// Copies `data`, at most [`CHUNK_BYTES`] to be used again.
    pub(crate) fn copy(self: &Arc<Self>, data: &[u8]) -> Bytes {
        let mut bytes = self.with(Vec::pop).unwrap_or_default();
        bytes.clear();
        bytes.reserve(data.len().max(CHUNK_BYTES));
        bytes.extend_from_slice(data);
        let home = self.clone();
        Bytes::from_owner(Chunk { bytes, home })
    }

    /// Nothing panics while the lock is held.
    fn with<T>(&self, change: impl FnOnce(&mut Vec<Vec<u8>>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Chunk {
    /// Under the lock of the connection, too: nothing of another is called.
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.capacity() > CHUNK_BYTES {
            return;
        }
        let left_over = self.home.with(|free| {
            if free.len() >= MAX_FREE {
                return Some(bytes);
            }
            free.push(bytes);
            None
        });
        drop(left_over);
    }
}

/// Large enough that quinn-proto, which walks through the pieces of what is unsent, has few of them; small
/// enough that little is copied in vain when the window takes only a part.
pub(crate) const CHUNK_BYTES: usize = 64 << 10;

/// What one connection may have unacknowledged by default, 2 MiB, is kept for all of them.
const MAX_FREE: usize = 32;

#[cfg(test)]
mod tests;
