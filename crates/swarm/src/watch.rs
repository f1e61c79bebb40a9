//! Follows a connection to its end.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, ready},
};

use sinew_transport::{CloseReason, ConnectionEvent};

use crate::{Event, hub::Hub, live::Live};

/// Tells what happens to a connection; polled only when something does.
pub(crate) struct Watch {
    live: Arc<Live>,
    hub: Weak<Hub>,
}

impl Watch {
    pub(crate) fn new(live: Arc<Live>, hub: &Arc<Hub>) -> Self {
        Self {
            live,
            hub: Arc::downgrade(hub),
        }
    }
}

impl Future for Watch {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(hub) = self.hub.upgrade() else {
            return Poll::Ready(());
        };
        let live = &self.live;
        for _ in 0..EVENTS_IN_ONE_TURN {
            match ready!(live.connection.poll_event(cx)) {
                Some(ConnectionEvent::Confirmed) => hub.confirmed(live),
                Some(ConnectionEvent::AddressChanged { old, new }) => {
                    hub.moved(live, &new);
                    hub.tell(Event::AddressChanged {
                        connection: live.id,
                        peer: live.peer,
                        old,
                        new,
                    });
                }
                Some(ConnectionEvent::Closed(reason)) => {
                    hub.closed(live, reason);
                    return Poll::Ready(());
                }
                None => {
                    hub.closed(live, CloseReason::TransportClosed);
                    return Poll::Ready(());
                }
                Some(_) => {}
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Events of one connection before others get a turn.
const EVENTS_IN_ONE_TURN: usize = 32;
