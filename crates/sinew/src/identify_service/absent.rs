//! No identify, without the feature `identify`.

use crate::Host;

/// Nothing to choose.
#[derive(Debug, Default)]
pub(crate) struct Options;

/// Does nothing.
pub(crate) fn start(_host: &Host, Options: Options) {}
