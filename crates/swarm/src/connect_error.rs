//! Why connecting to a peer failed.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use sinew_identity::PeerId;
use sinew_multiaddr::{Address, Undialable};
use sinew_transport::DialError;

use crate::{LimitExceeded, LookupFailure, PathKind};

/// Why connecting to a peer failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The caller gave no address, and the peer is not connected.
    #[error("no address to dial peer {peer} at")]
    NoAddress {
        /// The peer.
        peer: PeerId,
    },
    /// The peer is this host.
    #[error("peer {peer} is this host itself")]
    DialedSelf {
        /// This host's identity.
        peer: PeerId,
    },
    /// The caller asked for one peer at an address that names another.
    #[error("the address {address} is not one of peer {expected}")]
    AddressOfAnother {
        /// The peer that was asked for.
        expected: PeerId,
        /// The address.
        address: Address,
    },
    /// Every address failed.
    #[error(transparent)]
    AllFailed(#[from] AllFailed),
    /// This host has as many connections or dials as it may.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// This host is shutting down.
    #[error("this host is shutting down")]
    ShuttingDown,
}

/// Every address of an attempt failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AllFailed {
    /// Who was dialed, if that was known.
    pub peer: Option<PeerId>,
    /// What was tried, in the order in which it failed.
    pub attempts: Arc<[FailedDial]>,
}

/// One address that was dialed in vain.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedDial {
    /// Where.
    pub address: Address,
    /// The address with a name that led here, if one did.
    pub resolved_from: Option<Address>,
    /// How long it took; zero when nothing was sent.
    pub elapsed: Duration,
    /// Why it failed.
    pub error: DialFailure,
}

/// Why one address could not be dialed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialFailure {
    /// The transport could not connect.
    #[error(transparent)]
    Transport(#[from] DialError),
    /// The transport did not answer in time.
    #[error("no connection within {after:?}")]
    TimedOut {
        /// The limit, [`Config::dial_timeout`](crate::Config::dial_timeout).
        after: Duration,
    },
    /// The name in the address, or one that it led to, could not be turned into an address.
    #[error(transparent)]
    Lookup(#[from] LookupFailure),
    /// The address was skipped: what is sent that way from here seems to be swallowed, and there were others to
    /// dial.
    #[error(
        "not dialed: {successes} of the last {dials} dials over {kind} were answered; it is tried now and then, \
         and where there is no other way"
    )]
    BlackHole {
        /// The path.
        kind: PathKind,
        /// Dials that were answered.
        successes: usize,
        /// Dials that were looked at.
        dials: usize,
    },
    /// A name led back to this host.
    #[error("the address is one of this host itself")]
    Ourselves,
    /// The address stands for no machine that could be dialed.
    #[error(transparent)]
    Undialable(#[from] Undialable),
}

impl fmt::Display for AllFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.peer, self.attempts.len()) {
            (Some(peer), 1) => write!(f, "could not connect to peer {peer}")?,
            (Some(peer), len) => {
                write!(
                    f,
                    "could not connect to peer {peer} at any of {len} addresses"
                )?;
            }
            (None, _) => f.write_str("could not connect")?,
        }
        for attempt in self.attempts.iter() {
            write!(f, "; {attempt}")?;
        }
        Ok(())
    }
}

impl Error for AllFailed {}

impl fmt::Display for FailedDial {
    /// Prints the causes as well: a list of errors has no single source.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        if let Some(origin) = &self.resolved_from {
            write!(f, " (from {origin})")?;
        }
        write!(f, ": {}", self.error)?;
        let mut cause = self.error.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
