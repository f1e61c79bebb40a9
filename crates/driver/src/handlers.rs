//! The futures that serve inbound streams, polled within the turn.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, Stream},
};
use sinew_runtime::Runtime;
use tracing::{debug, warn};

use crate::budget;

/// The handlers of one shard.
#[derive(Debug)]
pub struct Handlers {
    running: FuturesUnordered<Handler>,
    runtime: Runtime,
}

#[derive(Debug)]
struct Handler {
    /// `None` once it has ended or moved.
    serving: Option<Serving>,
    runtime: Runtime,
}

struct Serving(BoxFuture<'static, ()>);

/// How a handler left the shard.
enum Outcome {
    Done,
    /// It took too long; a task of its own goes on with it.
    Slow(Serving, Duration),
    Panicked,
}

impl Handlers {
    /// Makes an empty set; `runtime` gives slow handlers tasks of their own.
    pub fn new(runtime: Runtime) -> Self {
        Self {
            running: FuturesUnordered::new(),
            runtime,
        }
    }

    /// Adds a handler, to be polled in this turn.
    pub fn push(&mut self, handler: BoxFuture<'static, ()>) {
        self.running.push(Handler {
            serving: Some(Serving(handler)),
            runtime: self.runtime.clone(),
        });
    }

    /// Returns how many handlers are running here.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Returns whether no handler is running here.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Completes when no handler is running here any more. Whoever polls this must not use
    /// [`poll`](Self::poll).
    pub async fn finish(mut self) {
        poll_fn(|cx| {
            self.poll(cx);
            if self.is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Polls the handlers that are ready, a bounded number of them; `cx` is woken when more are.
    pub fn poll(&mut self, cx: &mut Context<'_>) {
        for _ in 0..ENDED_IN_ONE_TURN {
            match Pin::new(&mut self.running).poll_next(cx) {
                Poll::Ready(Some(Outcome::Done)) => {}
                Poll::Ready(Some(Outcome::Slow(Serving(future), took))) => {
                    debug!(
                        ?took,
                        "handler took too long for a turn and got a task of its own"
                    );
                    self.runtime.spawn("slow stream handler", future);
                }
                Poll::Ready(Some(Outcome::Panicked)) => {
                    warn!("handler panicked; its stream was reset")
                }
                Poll::Ready(None) | Poll::Pending => return,
            }
        }
        cx.waker().wake_by_ref();
    }
}

impl Future for Handler {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let started = self.runtime.now();
        let serving = &mut self.serving;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let Some(Serving(future)) = serving else {
                return Poll::Ready(());
            };
            let polled = budget::scope(|| future.as_mut().poll(cx));
            if polled.is_ready() {
                // What it owns may panic when it is dropped.
                *serving = None;
            }
            polled
        }));
        match polled {
            Ok(Poll::Ready(())) => Poll::Ready(Outcome::Done),
            Ok(Poll::Pending) => {
                let took = self.runtime.now().saturating_duration_since(started);
                if took <= SLOW {
                    return Poll::Pending;
                }
                Poll::Ready(
                    self.serving
                        .take()
                        .map_or(Outcome::Done, |it| Outcome::Slow(it, took)),
                )
            }
            Err(_panic) => {
                let rest = self.serving.take();
                let _again = catch_unwind(AssertUnwindSafe(|| drop(rest)));
                Poll::Ready(Outcome::Panicked)
            }
        }
    }
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

/// A poll longer than this stalls the shard's other connections too much.
const SLOW: Duration = Duration::from_micros(100);

/// Handlers that may end in one turn before the turn goes on.
const ENDED_IN_ONE_TURN: usize = 1024;

#[cfg(test)]
mod tests;
