//! An address that can be dialed, and where it came from.

use std::time::Duration;

use sinew_multiaddr::Address;

use crate::{DialFailure, FailedDial};

/// An address for the race.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) address: Address,
    /// The address with a name that led to it, as a caller gave it.
    pub(crate) resolved_from: Option<Address>,
}

impl Candidate {
    pub(crate) fn failed(self, elapsed: Duration, error: DialFailure) -> FailedDial {
        FailedDial {
            address: self.address,
            resolved_from: self.resolved_from,
            elapsed,
            error,
        }
    }
}

impl From<Address> for Candidate {
    fn from(address: Address) -> Self {
        Self {
            address,
            resolved_from: None,
        }
    }
}
