//! Whether it pays to let others speak first.

/// Decides whether a shard that was woken by a mark waits until everybody who can run has run.
///
/// When many tasks write at once, one batch then carries what all of them say. When there is one task, there is nobody
/// to wait for, and a runtime that parks between two polls may wake a thread for it. So it is done as long as it
/// gathers something, and tried again from time to time.
#[derive(Debug, Default)]
pub struct Patience {
    /// How many more times not to wait.
    skips: u8,
}

impl Patience {
    /// Returns whether to wait this time.
    pub fn waits(&mut self) -> bool {
        let waits = self.skips == 0;
        self.skips = self.skips.saturating_sub(1);
        waits
    }

    /// Notes whether more was to be done after the wait than before it.
    pub fn learn(&mut self, has_gathered: bool) {
        self.skips = if has_gathered { 0 } else { SKIPS };
    }
}

/// Few enough that a task which comes along is soon waited for.
const SKIPS: u8 = 15;

#[cfg(test)]
mod tests;
