//! How far a run is.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How far a [`Run`](crate::Run) is, over all of its streams. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    uploaded: AtomicU64,
    downloaded: AtomicU64,
}

impl Progress {
    /// Returns how many bytes the transport has taken, which may be more than the peer has: what lies between
    /// is bounded by the windows of the streams.
    #[must_use]
    pub fn uploaded_bytes(&self) -> u64 {
        self.counters.uploaded.load(Ordering::Relaxed)
    }

    /// Returns how many bytes came.
    #[must_use]
    pub fn downloaded_bytes(&self) -> u64 {
        self.counters.downloaded.load(Ordering::Relaxed)
    }

    pub(crate) fn add_uploaded(&self, bytes: u64) {
        self.counters.uploaded.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn add_downloaded(&self, bytes: u64) {
        self.counters.downloaded.fetch_add(bytes, Ordering::Relaxed);
    }
}
