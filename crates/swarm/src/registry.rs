//! The handlers by protocol.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{Arc, Weak},
};

use futures_util::future::BoxFuture;
use sinew_transport::{Protocol, Stream, negotiate::Protocols};

/// An immutable set of handlers; a change makes the next one, so that a stream sees one set from its
/// negotiation to its handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    pub(crate) protocols: Protocols,
    handlers: BTreeMap<Protocol, Handler>,
}

/// What serves the streams of a protocol.
#[derive(Clone)]
pub(crate) struct Handler(Arc<Serve>);

/// Tells handlers apart, and keeps none alive.
pub(crate) struct HandlerId(Weak<Serve>);

type Serve = dyn Fn(Stream) -> BoxFuture<'static, ()> + Send + Sync;

impl Registry {
    pub(crate) fn get(&self, stream: &Stream) -> Option<&Handler> {
        self.handlers.get(stream.protocol()?)
    }

    pub(crate) fn insert(&mut self, protocol: Protocol, handler: Handler) {
        self.protocols = self.protocols.with(protocol.clone());
        self.handlers.insert(protocol, handler);
    }

    /// Removes the handler, if there is one; with `only`, if it is this one.
    pub(crate) fn remove(&mut self, protocol: &str, only: Option<&HandlerId>) -> Option<Handler> {
        let handler = self.handlers.get(protocol)?;
        if only.is_some_and(|only| !only.names(handler)) {
            return None;
        }
        self.protocols = self.protocols.without(protocol);
        self.handlers.remove(protocol)
    }
}

impl Handler {
    pub(crate) fn new<F, Serving>(serve: F) -> Self
    where
        F: Fn(Stream) -> Serving + Send + Sync + 'static,
        Serving: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |stream| Box::pin(serve(stream))))
    }

    pub(crate) fn serve(&self, stream: Stream) -> BoxFuture<'static, ()> {
        (self.0)(stream)
    }

    pub(crate) fn id(&self) -> HandlerId {
        HandlerId(Arc::downgrade(&self.0))
    }
}

impl HandlerId {
    fn names(&self, handler: &Handler) -> bool {
        // An address is not used again while a weak handle to it exists.
        std::ptr::addr_eq(self.0.as_ptr(), Arc::as_ptr(&handler.0))
    }
}

impl fmt::Debug for HandlerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerId").finish_non_exhaustive()
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").finish_non_exhaustive()
    }
}
