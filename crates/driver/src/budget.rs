//! How much a handler may do in one poll.
//!
//! The shard that polls handlers is exempt from the runtime's own limits, so streams count for it. Outside of
//! [`scope`] nothing is counted.

use std::cell::Cell;

thread_local! {
    static LEFT: Cell<Option<Left>> = const { Cell::new(None) };
}

#[derive(Clone, Copy)]
struct Left {
    operations: u32,
    bytes: usize,
}

/// Runs one poll of a handler with a budget of its own.
pub fn scope<T>(poll: impl FnOnce() -> T) -> T {
    let full = Left {
        operations: OPERATIONS,
        bytes: BYTES,
    };
    let outer = LEFT.replace(Some(full));
    let restore = Restore(outer);
    let output = poll();
    drop(restore);
    output
}

/// Says whether the running handler may go on; if not, the stream wakes it and returns `Pending`.
pub fn is_spent() -> bool {
    LEFT.get()
        .is_some_and(|left| left.operations == 0 || left.bytes == 0)
}

/// Counts one operation on a stream that moved `bytes`.
pub fn spend(bytes: usize) {
    if let Some(left) = LEFT.get() {
        LEFT.set(Some(Left {
            operations: left.operations.saturating_sub(1),
            bytes: left.bytes.saturating_sub(bytes),
        }));
    }
}

/// Puts the outer budget back, also when a handler panics.
struct Restore(Option<Left>);

impl Drop for Restore {
    fn drop(&mut self) {
        LEFT.set(self.0);
    }
}

/// Stream operations a poll.
const OPERATIONS: u32 = 32;

/// Bytes a poll.
const BYTES: usize = 256 << 10;

#[cfg(test)]
mod tests;
