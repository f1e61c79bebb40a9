//! The messages that are due, kept as facts and not as bytes.

use std::num::NonZeroUsize;

use crate::{
    Protocol,
    message::{self, HEADER_FRAME, NOT_AVAILABLE_FRAME},
};

/// What is due, in the only order in which it can be: the header, refusals, names.
///
/// A dialer never refuses, and a listener that has named a protocol is done, so nothing needs a
/// buffer of bytes. The limit on offers bounds both counts.
#[derive(Debug)]
pub(crate) struct Outbox {
    header: bool,
    refusals: u16,
    /// Names that were still due when the next one was: a peer turned offers down that it had not seen.
    earlier_names: Vec<Protocol>,
    name: Option<Protocol>,
}

impl Outbox {
    /// Starts with the header and, for a dialer, the first offer behind it.
    pub(crate) fn new(name: Option<Protocol>) -> Self {
        Self {
            header: true,
            refusals: 0,
            earlier_names: Vec::new(),
            name,
        }
    }

    /// Queues a refusal.
    pub(crate) fn refuse(&mut self) {
        debug_assert!(
            self.name.is_none(),
            "a listener refuses nothing after it agreed"
        );
        self.refusals = self.refusals.saturating_add(1);
    }

    /// Queues an offer or an agreement.
    pub(crate) fn name(&mut self, name: Protocol) {
        self.earlier_names.extend(self.name.replace(name));
    }

    /// Appends all that is due to `out` and returns how many bytes it was.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        let start = out.len();
        if std::mem::take(&mut self.header) {
            out.extend_from_slice(HEADER_FRAME);
        }
        for _ in 0..std::mem::take(&mut self.refusals) {
            out.extend_from_slice(NOT_AVAILABLE_FRAME);
        }
        for name in self.earlier_names.drain(..).chain(self.name.take()) {
            message::encode(name.as_str(), out);
        }
        NonZeroUsize::new(out.len() - start)
    }
}
