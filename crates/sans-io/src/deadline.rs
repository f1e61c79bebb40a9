//! When a machine wants to be called again.

use std::time::Instant;

/// A wake-up time, and the timer that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Deadline {
    /// When to call [`handle_timeout`](crate::Machine::handle_timeout).
    pub at: Instant,
    /// The timer's name, for logs and for whoever looks for the cause of a busy loop.
    pub reason: &'static str,
}

impl Deadline {
    /// Returns the earlier of two deadlines, the first when they are equal.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # use sinew_sans_io::Deadline;
    /// # fn check(now: Instant) {
    /// let ping = Some(Deadline { at: now, reason: "ping" });
    /// let idle = Some(Deadline { at: now + Duration::from_secs(30), reason: "idle" });
    ///
    /// assert_eq!(Deadline::earliest(idle, ping), ping);
    /// assert_eq!(Deadline::earliest(None, idle), idle);
    /// # }
    /// # check(Instant::now());
    /// ```
    #[must_use]
    pub fn earliest(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) if second.at < first.at => Some(second),
            (first, second) => first.or(second),
        }
    }
}
