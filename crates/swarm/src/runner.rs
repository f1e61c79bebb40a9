//! The one task of a host: it follows listeners and connections, and ends them.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::join_all,
    stream::{FuturesUnordered, Stream},
};
use sinew_transport::{CloseReason, ConnectionCode};

use crate::{hub::Hub, listener::Listening, watch::Watch};

/// Polls what waits for transports: each only when it is woken, so that idle connections cost no time.
pub(crate) struct Runner {
    hub: Arc<Hub>,
    jobs: FuturesUnordered<Job>,
}

/// Something that the runner follows to its end.
pub(crate) enum Job {
    Watch(Watch),
    Listen(Listening),
}

impl Runner {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self {
            hub,
            jobs: FuturesUnordered::new(),
        }
    }

    /// Runs until the host has shut down.
    pub(crate) async fn run(mut self) {
        let hub = self.hub.clone();
        self.until(|_, _| hub.is_closing()).await;

        // Nothing new is begun.
        hub.end_listeners();
        hub.wake_attempts();

        let mut grace = hub.runtime.sleep(hub.config.shutdown_grace);
        let mut pause = hub.runtime.sleep(Duration::ZERO);
        self.until(|_, cx| {
            hub.ledger.streams_gone.register(cx.waker());
            let is_over = hub.is_hurried() || grace.poll_unpin(cx).is_ready();
            if is_over || hub.ledger.open_streams() > 0 {
                return is_over;
            }
            // The handles are gone; what they sent may not have arrived yet, which no event tells.
            if pause.poll_unpin(cx).is_pending() {
                return false;
            }
            let is_quiet = hub.is_quiet();
            if !is_quiet {
                pause = hub.runtime.sleep(PAUSE);
                // Pending: it was set just now.
                let _ = pause.poll_unpin(cx);
            }
            is_quiet
        })
        .await;

        hub.close_connections();
        let mut limit = hub.runtime.sleep(CLOSING_LIMIT);
        let mut transports = join_all(hub.transports.iter().map(|it| it.shutdown()));
        let mut are_closed = false;
        self.until(|jobs, cx| {
            are_closed = are_closed || transports.poll_unpin(cx).is_ready();
            (are_closed && jobs.is_empty()) || limit.poll_unpin(cx).is_ready()
        })
        .await;
        for live in hub.connections() {
            hub.closed(&live, CloseReason::TransportClosed);
        }
    }

    /// Follows the jobs until `is_enough`.
    async fn until(
        &mut self,
        mut is_enough: impl FnMut(&FuturesUnordered<Job>, &mut Context<'_>) -> bool,
    ) {
        let (hub, jobs) = (&self.hub, &mut self.jobs);
        poll_fn(|cx| {
            hub.runner.register(cx.waker());
            let new = std::mem::take(&mut hub.lock().jobs);
            jobs.extend(new);
            hub.ledger
                .refused_buffers()
                .for_each(|exceeded| hub.limit_reached(exceeded));
            while let Poll::Ready(Some(())) = Pin::new(&mut *jobs).poll_next(cx) {}
            if is_enough(jobs, cx) {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Runner {
    /// Also when the runtime goes away under a host that was not shut down: nobody is left waiting.
    fn drop(&mut self) {
        self.hub.close_at_once();
        self.hub.events.close();
        self.hub.done.set(true);
    }
}

impl Hub {
    fn end_listeners(&self) {
        let listeners: Vec<_> = self.lock().listeners.values().cloned().collect();
        listeners.iter().for_each(|listener| listener.close());
    }

    fn wake_attempts(&self) {
        let state = self.lock();
        let wakers: Vec<_> = state.dials.values().map(|it| it.waker.clone()).collect();
        drop(state);
        wakers.iter().for_each(|waker| waker.wake());
    }

    /// Returns whether no transport has a stream left.
    fn is_quiet(&self) -> bool {
        let connections = self.connections();
        connections
            .iter()
            .all(|live| live.connection.stats().open_streams == 0)
    }

    fn close_connections(&self) {
        for live in self.connections() {
            live.connection.close(ConnectionCode::SHUTDOWN, "");
        }
    }
}

impl Future for Job {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut() {
            Self::Watch(watch) => Pin::new(watch).poll(cx),
            Self::Listen(listening) => Pin::new(listening).poll(cx),
        }
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Watch(_) => "Watch",
            Self::Listen(_) => "Listen",
        })
    }
}

/// Time between two looks at whether the last bytes have arrived.
const PAUSE: Duration = Duration::from_millis(5);

/// How long transports may take to close.
const CLOSING_LIMIT: Duration = Duration::from_secs(5);
