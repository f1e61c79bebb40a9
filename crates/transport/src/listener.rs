//! What a transport provides for each address it listens on.

use std::{
    fmt,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use sinew_multiaddr::Address;

use crate::{CloseReason, Connection, Permit};

/// Accepts connections on one address. Dropping it stops accepting; connections go on.
pub trait Listener: fmt::Debug + Send + 'static {
    /// Returns the bound address, with the port that was picked.
    fn address(&self) -> Address;

    /// Waits for an authenticated connection, with the permit that its gate gave for it.
    ///
    /// `None` means that the transport was shut down and nothing will follow.
    #[expect(
        clippy::type_complexity,
        reason = "a poll of a result of a pair; an alias would hide more than it says"
    )]
    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Arc<dyn Connection>, Permit), InboundFailure>>>;
}

/// An inbound connection that failed before it was established. The listener goes on.
#[derive(Clone, Debug, thiserror::Error)]
#[error("an inbound connection from {remote} failed")]
pub struct InboundFailure {
    /// Where it came from.
    pub remote: SocketAddr,
    /// Why it failed.
    #[source]
    pub reason: CloseReason,
}
