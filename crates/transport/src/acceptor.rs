//! What a transport does with an inbound stream.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;

use crate::StreamIo;

/// Turns an inbound stream into the future that serves it.
///
/// The transport polls the future within its own turn, so that datagram, handler and answer share one turn.
/// A poll that takes long stalls every connection of the transport: a future that is slow is moved to a task
/// of its own, but only after its first slow poll. The future ends when the stream is done with; a panic in
/// it resets the stream and harms nothing else.
#[derive(Clone)]
pub struct Acceptor(Arc<dyn Fn(Box<dyn StreamIo>) -> BoxFuture<'static, ()> + Send + Sync>);

impl Acceptor {
    /// Makes an acceptor from a function.
    pub fn new(
        serve: impl Fn(Box<dyn StreamIo>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(serve))
    }

    /// Starts serving one stream. No lock is held when this is called.
    pub fn serve(&self, stream: Box<dyn StreamIo>) -> BoxFuture<'static, ()> {
        (self.0)(stream)
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").finish_non_exhaustive()
    }
}
