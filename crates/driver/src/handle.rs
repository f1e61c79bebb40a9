//! The handle of a connection that users of a transport get.

use std::{
    fmt,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_transport::{
    Acceptor, CloseReason, Connection, ConnectionCode, ConnectionEvent, ConnectionStats, Role,
    Security, StreamIo,
};

use crate::{Driven, Muxer, Shell, openings::Opening, state::remember, stream::MuxedStream};

/// The handle of a connection whose handshake is done.
pub struct Handle<D: Driven>(Arc<Shell<D>>);

impl<D: Driven> Handle<D> {
    /// Makes a handle of a connection whose peer is known.
    pub fn new(shell: Arc<Shell<D>>) -> Self {
        Self(shell)
    }
}

impl<D: Driven> Connection for Handle<D> {
    fn peer(&self) -> PeerId {
        self.0
            .peer()
            .expect("handles are given out after the handshake")
    }

    fn role(&self) -> Role {
        self.0.role()
    }

    fn local_address(&self) -> Address {
        self.0.driver().local_address(&self.0.lock().muxer)
    }

    fn remote_address(&self) -> Address {
        self.0.driver().remote_address(&self.0.lock().muxer)
    }

    fn security(&self) -> Security {
        self.0.driver().security(&self.0.lock().muxer)
    }

    fn open(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>> {
        let mut opening = Opening::new(self.0.clone());
        Box::pin(poll_fn(move |cx| {
            let opened = opening.poll(cx);
            opened.map_ok(|stream| Box::new(stream) as Box<dyn StreamIo>)
        }))
    }

    fn accept(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>> {
        let shell = self.0.clone();
        Box::pin(poll_fn(move |cx| {
            let accepted = shell.with(|state| {
                if let Some(id) = state.take_inbound() {
                    return Poll::Ready(Ok(id));
                }
                if state.is_closed() {
                    return Poll::Ready(Err(state.close_reason()));
                }
                let is_known = |waker: &std::task::Waker| waker.will_wake(cx.waker());
                if !state.accepting.iter().any(is_known) {
                    state.accepting.push(cx.waker().clone());
                }
                Poll::Pending
            });
            accepted.map_ok(|id| Box::new(MuxedStream::new(shell.clone(), id)) as Box<dyn StreamIo>)
        }))
    }

    fn set_acceptor(&self, acceptor: Acceptor) {
        let mut state = self.0.lock();
        let before = state.acceptor.replace(acceptor);
        state.has_inbound = true;
        drop(state);
        // What an acceptor owns is somebody else's code, also when it is dropped.
        drop(before);
        self.0.mark();
    }

    fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<ConnectionEvent>> {
        let mut state = self.0.lock();
        if let Some(event) = state.events.pop_front() {
            state.is_over = matches!(event, ConnectionEvent::Closed(_));
            return Poll::Ready(Some(event));
        }
        if state.is_over {
            return Poll::Ready(None);
        }
        remember(&mut state.event_waker, cx);
        Poll::Pending
    }

    fn close(&self, code: ConnectionCode, reason: &str) {
        let ours = CloseReason::Local { code };
        self.0.close(code, reason.as_bytes(), ours);
    }

    fn closed(&self) -> BoxFuture<'static, CloseReason> {
        Box::pin(self.0.clone().until_closed())
    }

    fn stats(&self) -> ConnectionStats {
        self.0.lock().muxer.stats()
    }
}

impl<D: Driven> Clone for Handle<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Driven> fmt::Debug for Handle<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
