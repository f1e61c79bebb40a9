//! The handle of whoever listens.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use sinew_driver::{Inbound, Inbox};
use sinew_multiaddr::Address;
use sinew_transport::Listener;

use crate::shard::{Command, Shared};

pub(crate) struct QuicListener {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) shard: Arc<Shared>,
}

impl Listener for QuicListener {
    fn address(&self) -> Address {
        Address::quic(self.shard.local)
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<Inbound>> {
        self.inbox.poll_accept(cx)
    }
}

impl Drop for QuicListener {
    fn drop(&mut self) {
        self.shard.command(Command::Unlisten(self.inbox.clone()));
        self.inbox.abandon();
    }
}

impl fmt::Debug for QuicListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuicListener")
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}
