//! No ping, without the feature `ping`.

use crate::Host;

/// Does nothing.
pub(crate) fn start(_host: &Host) {}
