//! A gate that counts.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sinew_transport::{Admission, Attempt, Gate, Permit};

/// Counts the permits that are out, and admits everyone or nobody.
#[derive(Debug)]
pub(super) struct CountingGate {
    held: Arc<AtomicUsize>,
    admits: bool,
}

impl CountingGate {
    pub(super) fn open() -> Arc<Self> {
        Arc::new(Self {
            held: Arc::default(),
            admits: true,
        })
    }

    pub(super) fn refusing() -> Arc<Self> {
        Arc::new(Self {
            held: Arc::default(),
            admits: false,
        })
    }

    /// Returns how many permits are out.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

impl Gate for CountingGate {
    fn admit(&self, _attempt: &Attempt) -> Admission {
        if !self.admits {
            return Admission::Refuse;
        }
        let held = self.held.clone();
        held.fetch_add(1, Ordering::Relaxed);
        Admission::Accept(Permit::new(move || {
            held.fetch_sub(1, Ordering::Relaxed);
        }))
    }
}
