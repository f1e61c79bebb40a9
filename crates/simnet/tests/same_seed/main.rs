//! Two runs of one seed, compared byte for byte and poll for poll.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use sinew_simnet::World;

mod hosts;
mod tcp;

/// Compares two worlds that kept their logs, and names the first line that differs.
fn assert_same(first: &World, second: &World) {
    let (ours, theirs) = (first.log_lines(), second.log_lines());
    for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        assert_eq!(ours, theirs, "line {number}");
    }
    assert_eq!(ours.len(), theirs.len());
    assert_eq!(first.digest(), second.digest());
}
