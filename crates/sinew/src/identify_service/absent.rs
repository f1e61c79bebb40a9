//! No identify, without the feature `identify`.

use crate::Host;

/// Nothing to choose.
#[derive(Debug, Default)]
pub(crate) struct Options {}

/// Nothing to keep.
#[derive(Debug)]
pub(crate) struct Service;

impl Service {
    pub(crate) fn new(_options: Options) -> Self {
        Self
    }
}

/// Does nothing.
pub(crate) fn start(_host: &Host) {}
