//! A connection that somebody asks for.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use crate::CloseReason;

/// A first packet that waits for a decision. Nothing of TLS was done for it.
///
/// Give it to one of [`Endpoint::accept`], [`retry`], [`refuse`] and [`ignore`]. One that is dropped
/// instead takes a place in the endpoint for good.
///
/// [`Endpoint::accept`]: crate::Endpoint::accept
/// [`retry`]: crate::Endpoint::retry
/// [`refuse`]: crate::Endpoint::refuse
/// [`ignore`]: crate::Endpoint::ignore
#[must_use = "it takes a place in the endpoint until something is decided"]
pub struct Incoming(Box<quinn_proto::Incoming>);

/// Why an accepted first packet made no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("handshake with {remote} ended at its first packet")]
pub struct AcceptError {
    /// Whose packet it was, if its address was not forged.
    pub remote: SocketAddr,
    /// What was wrong with it.
    #[source]
    pub reason: Box<CloseReason>,
}

impl Incoming {
    pub(super) fn new(inner: quinn_proto::Incoming) -> Self {
        Self(Box::new(inner))
    }

    pub(super) fn into_inner(self) -> quinn_proto::Incoming {
        *self.0
    }

    /// Returns where the packet says to come from.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.0.remote_address()
    }

    /// Returns the local address that it was sent to, where the platform tells.
    #[must_use]
    pub fn local_ip(&self) -> Option<IpAddr> {
        self.0.local_ip()
    }

    /// Returns whether the sender has proven to be at its address.
    #[must_use]
    pub fn is_validated(&self) -> bool {
        self.0.remote_address_validated()
    }

    /// Returns whether the sender can be asked for a proof. True when it is not validated.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        self.0.may_retry()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("remote_address", &self.remote_address())
            .field("is_validated", &self.is_validated())
            .finish_non_exhaustive()
    }
}
