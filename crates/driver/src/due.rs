//! What looking at connections yields, to be done when no lock is held.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Waker,
};

use futures_util::future::BoxFuture;
use sinew_transport::{Acceptor, StreamIo};
use tracing::warn;

use crate::Handlers;

/// What looking at connections yields: tasks to wake and handlers to start. Kept from turn to turn to save
/// allocations.
#[derive(Default)]
pub struct Due {
    pub(crate) wakers: Vec<Waker>,
    /// Streams for the acceptor of the connection that is looked at.
    pub(crate) inbound: Vec<(Acceptor, Box<dyn StreamIo>)>,
    serving: Vec<BoxFuture<'static, ()>>,
}

impl Due {
    /// Wakes the tasks and adds the new handlers to `handlers`. No lock may be held.
    pub fn run(&mut self, handlers: &mut Handlers) {
        for waker in self.wakers.drain(..) {
            waker.wake();
        }
        for handler in self.serving.drain(..) {
            handlers.push(handler);
        }
    }

    /// Calls the acceptor, which is user code, for each inbound stream. No lock may be held.
    pub(crate) fn serve(&mut self) {
        for (acceptor, stream) in self.inbound.drain(..) {
            match catch_unwind(AssertUnwindSafe(|| acceptor.serve(stream))) {
                Ok(serving) => self.serving.push(serving),
                Err(_panic) => warn!("acceptor panicked; its stream was reset"),
            }
        }
    }
}

impl fmt::Debug for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Due")
            .field("wakers", &self.wakers.len())
            .field("serving", &self.serving.len())
            .finish_non_exhaustive()
    }
}
