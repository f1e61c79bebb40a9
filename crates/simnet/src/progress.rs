//! How far a world is.

use std::{fmt, sync::Arc, time::Duration};

use crate::{log::Happening, shared::Shared};

/// Says how far a world is. Clones say the same; none keeps the tasks of a world alive that was dropped.
#[derive(Clone, Debug)]
pub struct Progress(Arc<Shared>);

/// A place in the history of a world: the same seed comes to it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The world's time.
    pub at: Duration,
    /// Packets that were sent by then.
    pub packets: u64,
}

impl Progress {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Returns where the world is.
    pub fn step(&self) -> Step {
        self.0.with(|core| Step {
            at: core.now,
            packets: core.traffic.sent,
        })
    }

    /// Adds a line to the log, as [`World::note`](crate::World::note) does.
    pub fn note(&self, text: &str) {
        self.0.with(|core| core.note(&Happening::Note(text)));
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.as_secs_f64();
        write!(f, "at {seconds:.3} s, packet {}", self.packets)
    }
}
