//! Both ends of a connection.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use futures_util::future::BoxFuture;
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_runtime::{Runtime, Watched};
use tokio::sync::{Notify, Semaphore};

use super::{
    MAX_STREAMS,
    stream::{Core, MemoryStream},
};
use crate::{
    Acceptor, CloseReason, Connection, ConnectionCode, ConnectionEvent, ConnectionStats, Role,
    Security, StreamIo,
};

/// What is known of one end when a connection is made.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) peer: PeerId,
    pub(super) address: Address,
}

/// The handle of one end.
pub(super) struct MemoryConnection {
    link: Arc<Link>,
    role: Role,
}

struct Link {
    dialer: Arc<Side>,
    listener: Arc<Side>,
    next_stream: AtomicU64,
    /// The streams that may be alive, with who opened each.
    streams: Mutex<Vec<(Role, Weak<Core>)>>,
}

/// What belongs to one end.
pub(super) struct Side {
    end: End,
    runtime: Runtime,
    inbound: Mutex<Inbound>,
    arrived: Notify,
    /// The streams that this end may still open.
    may_open: Arc<Semaphore>,
    closed: Watched<Option<CloseReason>>,
    events: Mutex<Events>,
}

#[derive(Default)]
struct Inbound {
    queue: VecDeque<MemoryStream>,
    acceptor: Option<Acceptor>,
}

#[derive(Default)]
struct Events {
    queue: VecDeque<ConnectionEvent>,
    is_over: bool,
    waker: Option<Waker>,
}

/// Makes the two ends of a connection, dialer first.
pub(super) fn pair(dialer: End, listener: End, runtime: &Runtime) -> [MemoryConnection; 2] {
    let link = Arc::new(Link {
        dialer: Side::new(dialer, runtime),
        listener: Side::new(listener, runtime),
        next_stream: AtomicU64::new(0),
        streams: Mutex::default(),
    });
    [Role::Dialer, Role::Listener].map(|role| {
        link.side(role).push(ConnectionEvent::Confirmed);
        MemoryConnection {
            link: link.clone(),
            role,
        }
    })
}

impl Link {
    fn side(&self, role: Role) -> &Arc<Side> {
        match role {
            Role::Dialer => &self.dialer,
            Role::Listener => &self.listener,
        }
    }

    fn other(&self, role: Role) -> &Arc<Side> {
        match role {
            Role::Dialer => &self.listener,
            Role::Listener => &self.dialer,
        }
    }

    fn streams(&self) -> MutexGuard<'_, Vec<(Role, Weak<Core>)>> {
        lock(&self.streams)
    }

    fn close(&self, by: Role, code: ConnectionCode, reason: &str) {
        let local = CloseReason::Local { code };
        let remote = CloseReason::Remote {
            code,
            reason: reason.into(),
        };
        if !self.side(by).end_with(&local) {
            return;
        }
        self.other(by).end_with(&remote);
        for (opener, core) in std::mem::take(&mut *self.streams()) {
            if let Some(core) = core.upgrade() {
                let (for_opener, for_other) = if opener == by {
                    (&local, &remote)
                } else {
                    (&remote, &local)
                };
                core.close(for_opener, for_other);
            }
        }
    }
}

impl Side {
    fn new(end: End, runtime: &Runtime) -> Arc<Self> {
        Arc::new(Self {
            end,
            runtime: runtime.clone(),
            inbound: Mutex::default(),
            arrived: Notify::new(),
            may_open: Arc::new(Semaphore::new(MAX_STREAMS)),
            closed: Watched::new(None),
            events: Mutex::default(),
        })
    }

    /// Hands over a stream that the other end opened.
    pub(super) fn deliver(&self, stream: MemoryStream) {
        let mut inbound = lock(&self.inbound);
        let Some(acceptor) = inbound.acceptor.clone() else {
            inbound.queue.push_back(stream);
            drop(inbound);
            self.arrived.notify_one();
            return;
        };
        drop(inbound);
        self.runtime
            .spawn("memory stream", acceptor.serve(Box::new(stream)));
    }

    fn take_inbound(&self) -> Option<MemoryStream> {
        lock(&self.inbound).queue.pop_front()
    }

    fn push(&self, event: ConnectionEvent) {
        let mut events = lock(&self.events);
        events.queue.push_back(event);
        let waker = events.waker.take();
        drop(events);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns whether this was the first end.
    fn end_with(&self, reason: &CloseReason) -> bool {
        let ended = self.closed.change(|closed| {
            let is_first = closed.is_none();
            is_first.then(|| *closed = Some(reason.clone()))
        });
        let is_first = ended.is_some();
        if is_first {
            self.may_open.close();
            self.arrived.notify_waiters();
            self.push(ConnectionEvent::Closed(reason.clone()));
        }
        is_first
    }

    fn reason(&self) -> CloseReason {
        self.closed.get().unwrap_or(CloseReason::TransportClosed)
    }
}

impl Connection for MemoryConnection {
    fn peer(&self) -> PeerId {
        self.link.other(self.role).end.peer
    }

    fn role(&self) -> Role {
        self.role
    }

    fn local_address(&self) -> Address {
        self.link.side(self.role).end.address.clone()
    }

    fn remote_address(&self) -> Address {
        self.link.other(self.role).end.address.clone()
    }

    fn security(&self) -> Security {
        Security::new("none", "memory")
    }

    fn open(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>> {
        let (link, role) = (self.link.clone(), self.role);
        Box::pin(async move {
            let side = link.side(role);
            let Ok(permit) = side.may_open.clone().acquire_owned().await else {
                return Err(side.reason());
            };
            let id = link.next_stream.fetch_add(1, Ordering::Relaxed);
            let core = Arc::new(Core::new(id, permit));
            let mut streams = link.streams();
            if streams.len() >= 4 * MAX_STREAMS {
                streams.retain(|(_, core)| core.strong_count() > 0);
            }
            streams.push((role, Arc::downgrade(&core)));
            drop(streams);
            if side.closed.look(Option::is_some) {
                return Err(side.reason());
            }
            Ok(Box::new(MemoryStream::open(core, link.other(role).clone())) as Box<dyn StreamIo>)
        })
    }

    fn accept(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>> {
        let (link, role) = (self.link.clone(), self.role);
        Box::pin(async move {
            let side = link.side(role);
            loop {
                let arrived = side.arrived.notified();
                if let Some(stream) = side.take_inbound() {
                    return Ok(Box::new(stream) as Box<dyn StreamIo>);
                }
                if side.closed.look(Option::is_some) {
                    return Err(side.reason());
                }
                arrived.await;
            }
        })
    }

    fn set_acceptor(&self, acceptor: Acceptor) {
        let side = self.link.side(self.role);
        let mut inbound = lock(&side.inbound);
        inbound.acceptor = Some(acceptor.clone());
        let waiting = std::mem::take(&mut inbound.queue);
        drop(inbound);
        for stream in waiting {
            side.runtime
                .spawn("memory stream", acceptor.serve(Box::new(stream)));
        }
    }

    fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<ConnectionEvent>> {
        let mut events = lock(&self.link.side(self.role).events);
        if let Some(event) = events.queue.pop_front() {
            events.is_over = matches!(event, ConnectionEvent::Closed(_));
            return Poll::Ready(Some(event));
        }
        if events.is_over {
            return Poll::Ready(None);
        }
        events.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn close(&self, code: ConnectionCode, reason: &str) {
        self.link.close(self.role, code, reason);
    }

    fn closed(&self) -> BoxFuture<'static, CloseReason> {
        let side = self.link.side(self.role).clone();
        Box::pin(async move { side.closed.wait_for(Option::clone).await })
    }

    fn stats(&self) -> ConnectionStats {
        let alive = |(_, core): &&(Role, Weak<Core>)| core.strong_count() > 0;
        ConnectionStats {
            open_streams: self.link.streams().iter().filter(alive).count(),
            ..ConnectionStats::default()
        }
    }
}

impl fmt::Debug for MemoryConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryConnection")
            .field("role", &self.role)
            .field("peer", &self.peer())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Side")
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// Nothing panics while one of these locks is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
