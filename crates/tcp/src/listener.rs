//! The handle of whoever listens.

use std::{
    fmt,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use sinew_driver::{Inbound, Inbox};
use sinew_multiaddr::Address;
use sinew_transport::Listener;

/// The handle of whoever listens. The socket belongs to the task that accepts.
pub(crate) struct TcpListener {
    pub(crate) local: SocketAddr,
    pub(crate) inbox: Arc<Inbox>,
}

impl Listener for TcpListener {
    fn address(&self) -> Address {
        Address::tcp(self.local)
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<Inbound>> {
        self.inbox.poll_accept(cx)
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        self.inbox.abandon();
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListener")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
