//! How a connection and its socket come to their end.

use std::{
    task::{Context, Poll},
    time::{Duration, Instant},
};

use sinew_tcp_proto::CloseReason;

use super::Task;

/// How far the end has come.
#[derive(Debug)]
pub(super) struct End {
    /// How long the peer has to hear of the end.
    timeout: Duration,
    /// When the socket is closed whatever the peer does; set when the connection is over.
    deadline: Option<Instant>,
    /// The socket was told that nothing more will be sent.
    has_shut_down: bool,
    /// The socket has failed.
    pub(super) is_broken: bool,
}

impl End {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            deadline: None,
            has_shut_down: false,
            is_broken: false,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }
}

impl Task {
    /// Whether the socket can be closed: the connection is over, and the peer was told as far as it can be.
    ///
    /// A socket that is closed with unread input resets the connection, and what was said last may be lost on the
    /// way. So the peer gets a while to end its side first, in which what it sends is read and dropped.
    pub(super) fn has_ended(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let state = self.shell.lock();
        let proto = &state.muxer.proto;
        if !proto.is_closed() {
            return false;
        }
        let is_given_up = matches!(proto.close_reason(), Some(CloseReason::Local { .. }))
            && self.shell.peer().is_none();
        let has_more = !proto.is_drained();
        drop(state);
        let end = &mut self.end;
        if end.deadline.is_none() {
            end.deadline = now.checked_add(end.timeout);
        }
        let is_late = end.deadline.is_none_or(|deadline| deadline <= now);
        // A dial that nobody wants any more has nothing to say.
        if is_late || is_given_up || end.is_broken {
            return true;
        }
        if !self.output.is_done() || has_more && !self.output.is_over() {
            return false;
        }
        if !end.has_shut_down {
            match self.socket.poll_shutdown(cx) {
                Poll::Ready(Ok(())) => end.has_shut_down = true,
                Poll::Ready(Err(_)) => return true,
                Poll::Pending => return false,
            }
        }
        self.input.is_ended
    }
}
