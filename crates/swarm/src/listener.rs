//! An address on which the host accepts connections.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use futures_util::task::AtomicWaker;
use sinew_multiaddr::Address;
use sinew_transport::{self as transport, Listener};

use crate::{
    Event, ListenError,
    door::Door,
    hub::Hub,
    live::{InboundRoom, Room},
    origin::Origin,
};

/// A listener's number, unique within its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(
    /// The number.
    pub u64,
);

/// A place at which the host listens. Dropping the handle changes nothing: the host listens until
/// [`close`](Self::close) or its shutdown.
#[derive(Clone, Debug)]
pub struct ListenerHandle {
    shared: Arc<Shared>,
}

/// What a handle shares with the task that accepts.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: ListenerId,
    pub(crate) address: Address,
    is_closed: AtomicBool,
    waker: AtomicWaker,
}

/// Accepts connections until the listener ends.
pub(crate) struct Listening {
    shared: Arc<Shared>,
    listener: Option<Box<dyn Listener>>,
    hub: Weak<Hub>,
}

impl ListenerHandle {
    /// Returns the number that events name it by.
    pub fn id(&self) -> ListenerId {
        self.shared.id
    }

    /// Returns the bound address, with the port that was picked and without this host's peer id.
    pub fn address(&self) -> &Address {
        &self.shared.address
    }

    /// Accepts no more; connections go on. A second call does nothing.
    pub fn close(&self) {
        self.shared.close();
    }
}

impl Shared {
    pub(crate) fn new(id: ListenerId, address: Address) -> Arc<Self> {
        Arc::new(Self {
            id,
            address,
            is_closed: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        })
    }

    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.waker.wake();
    }
}

impl Listening {
    pub(crate) fn new(shared: Arc<Shared>, listener: Box<dyn Listener>, hub: &Arc<Hub>) -> Self {
        Self {
            shared,
            listener: Some(listener),
            hub: Arc::downgrade(hub),
        }
    }

    /// Returns whether the listener has ended.
    fn poll_accept(&mut self, hub: &Arc<Hub>, cx: &mut Context<'_>) -> Poll<()> {
        self.shared.waker.register(cx.waker());
        let Some(listener) = &mut self.listener else {
            return Poll::Ready(());
        };
        for _ in 0..ACCEPTED_IN_ONE_TURN {
            match listener.poll_accept(cx) {
                // Whoever was let in before the end has a connection and is not left alone with it.
                Poll::Pending if self.shared.is_closed.load(Ordering::Acquire) => {
                    return Poll::Ready(());
                }
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Ready(Some(Ok((connection, permit)))) => {
                    let remote = connection.remote_address().ip();
                    let origin = remote.map(Origin::of).unwrap_or_default();
                    let room = Room::Inbound(InboundRoom {
                        moved: None,
                        origin,
                        established: hub.ledger.established_inbound(origin),
                        permit,
                    });
                    // Refused only when it cannot be kept; the connection is closed then, and told.
                    hub.add(connection, room, None).ok();
                }
                Poll::Ready(Some(Err(failure))) => hub.tell(Event::InboundFailed {
                    listener: self.shared.id,
                    failure,
                }),
            }
        }
        if self.shared.is_closed.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Hub {
    pub(crate) async fn listen(
        self: &Arc<Self>,
        address: Address,
    ) -> Result<ListenerHandle, ListenError> {
        if self.is_closing() {
            return Err(ListenError::ShuttingDown);
        }
        if address.peer_id().is_some_and(|it| it != self.local_peer) {
            return Err(ListenError::AddressOfAnother { address });
        }
        if let Err(source) = address.check_listen() {
            return Err(ListenError::Unlistenable { address, source });
        }
        let address = address.without_peer();
        let Some(transport) = self.transport(&address) else {
            return Err(transport::ListenError::Unsupported { address }.into());
        };
        let door = Arc::new(Door {
            ledger: self.ledger.clone(),
            runtime: self.runtime.clone(),
            hub: Arc::downgrade(self),
        });
        let listener = transport.listen(address, door).await?;
        let shared = self
            .add_listener(listener)
            .ok_or(ListenError::ShuttingDown)?;
        Ok(ListenerHandle { shared })
    }
}

impl Future for Listening {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(hub) = self.hub.upgrade() else {
            return Poll::Ready(());
        };
        ready!(self.poll_accept(&hub, cx));
        // The socket is free when its end is told.
        self.listener = None;
        hub.listener_closed(&self.shared);
        Poll::Ready(())
    }
}

impl fmt::Display for ListenerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Connections accepted before others get a turn.
const ACCEPTED_IN_ONE_TURN: usize = 32;
