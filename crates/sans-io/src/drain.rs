//! Rule 2 as a function.

use std::time::Instant;

use crate::{Deadline, StreamMachine};

/// Takes all output from `machine`: bytes into `out`, events one by one, and the next deadline.
///
/// A driver that bounds its work per turn calls the polls itself instead.
pub fn drain<M: StreamMachine>(
    machine: &mut M,
    now: Instant,
    out: &mut Vec<u8>,
    mut on_event: impl FnMut(M::Event),
) -> Option<Deadline> {
    while machine.poll_transmit(now, out).is_some() {}
    while let Some(event) = machine.poll_event() {
        on_event(event);
    }
    machine.poll_timeout()
}
