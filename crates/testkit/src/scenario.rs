//! What a check was doing when it failed.

use std::thread;

/// Prints what is being tried when a panic unwinds through it.
pub(crate) struct Scenario(String);

impl Scenario {
    /// Starts trying `what`.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("while trying: {}", self.0);
        }
    }
}
