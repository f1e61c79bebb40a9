//! What we say, record by record.

use std::num::NonZeroUsize;

use super::{Connection, State};
use crate::{CloseReason, Error};

impl Connection {
    /// Returns whether something may have to be sent. `false` saves a call of `poll_transmit`.
    #[must_use]
    pub fn wants_transmit(&self) -> bool {
        let session = self.session();
        !self.outbox.is_empty() || session.is_some_and(|session| session.wants_write())
    }

    /// Appends what is due: the messages of the set-up, and one record.
    pub(super) fn gather(&mut self, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        let start = out.len();
        out.append(&mut self.outbox);
        if let State::Open(session) = &mut self.state
            && session.wants_write()
            && session.write(self.now, out).is_err()
            && self.close_reason.is_none()
        {
            self.end(CloseReason::Failed(Error::Exhausted));
        }
        let len = out.len().saturating_sub(start);
        let count = u64::try_from(len).unwrap_or(u64::MAX);
        self.sent_bytes = self.sent_bytes.saturating_add(count);
        NonZeroUsize::new(len)
    }
}
