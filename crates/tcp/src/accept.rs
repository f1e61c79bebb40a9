//! The task that accepts connections for one listener.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use sinew_driver::Inbox;
use sinew_runtime::{TcpListener, TcpStream, Timer};
use sinew_transport::Admission;
use tracing::{debug, trace};

use crate::{roster::Entry, transport::Inner};

/// Accepts connections, asks the gate, and starts a task for each.
pub(crate) struct Accepting {
    inner: Arc<Inner>,
    socket: Box<dyn TcpListener>,
    inbox: Arc<Inbox>,
    /// Set while the process is out of something.
    pause: Box<dyn Timer>,
    is_paused: bool,
    _entry: Entry,
}

impl Accepting {
    pub(crate) fn new(
        inner: Arc<Inner>,
        socket: Box<dyn TcpListener>,
        inbox: Arc<Inbox>,
        entry: Entry,
    ) -> Self {
        Self {
            pause: inner.runtime.clock().timer(),
            inner,
            socket,
            inbox,
            is_paused: false,
            _entry: entry,
        }
    }

    /// Lets a connection in or closes it. A refusal and silence are the same here: the kernel has answered.
    fn admit(&self, socket: Box<dyn TcpStream>, remote: SocketAddr) {
        let is_full = self.inbox.handshaking() >= self.inner.config.max_handshaking;
        if is_full || !self.inbox.allows(remote) {
            trace!(%remote, is_full, "connection refused unseen");
            return;
        }
        match self.inbox.admit(remote, true) {
            Admission::Accept(permit) => {
                let arrival = self.inbox.arrive(remote, permit);
                self.inner.accepted(socket, arrival);
            }
            Admission::Retry | Admission::Refuse | Admission::Ignore | _ => {
                trace!(%remote, "connection refused");
            }
        }
    }

    /// Waits until what the process is out of may be there again.
    fn pause(&mut self, error: &io::Error, cx: &mut Context<'_>) {
        debug!(%error, "cannot accept for a while");
        self.pause.set(self.inner.runtime.now().checked_add(PAUSE));
        self.is_paused = true;
        if self.pause.poll_expired(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}

impl Future for Accepting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.inbox.poll_closed(cx).is_ready() {
            return Poll::Ready(());
        }
        if this.is_paused {
            if this.pause.poll_expired(cx).is_pending() {
                return Poll::Pending;
            }
            this.is_paused = false;
        }
        for _ in 0..ACCEPTS_IN_ONE_TURN {
            match this.socket.poll_accept(cx) {
                Poll::Ready(Ok((socket, remote))) => this.admit(socket, remote),
                Poll::Ready(Err(error)) if is_of_one_connection(&error) => {
                    trace!(%error, "a connection ended before it was accepted");
                }
                Poll::Ready(Err(error)) => {
                    this.pause(&error, cx);
                    return Poll::Pending;
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Whether the next connection may be accepted all the same, and at once. Linux reports what the network has
/// against a connection when it is accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::TimedOut
            | io::ErrorKind::Interrupted
    )
}

/// Connections before other tasks get their turn.
const ACCEPTS_IN_ONE_TURN: usize = 32;

/// How long to wait when the process is out of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);
