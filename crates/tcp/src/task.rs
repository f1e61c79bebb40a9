//! The task that drives one connection.

use std::{
    future::Future,
    io, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use sinew_driver::{Due, Handlers, Turn};
use sinew_runtime::{Runtime, TcpStream};
use sinew_sans_io::Machine as _;
use sinew_transport::CloseReason;
use tracing::trace;

use crate::{config::Config, connection::Shell, roster::Entry};

mod alarm;
mod end;
mod input;
mod output;
mod serve;

use alarm::Alarm;
use end::End;
use input::Input;
use output::Output;

/// Drives one connection.
pub(crate) struct Task {
    shell: Arc<Shell>,
    runtime: Runtime,
    socket: Box<dyn TcpStream>,
    input: Input,
    output: Output,
    end: End,
    handlers: Handlers,
    /// Rings for what the task polls itself.
    ring: Waker,
    alarm: Alarm,
    /// When to look whether the buffers are larger than they have to be; `None` while there are none.
    trim_at: Option<Instant>,
    due: Due,
    /// Always empty between turns.
    marked: Vec<()>,
    has_yielded: bool,
    entry: Entry,
}

impl Task {
    pub(crate) fn new(
        shell: Arc<Shell>,
        socket: Box<dyn TcpStream>,
        config: &Config,
        entry: Entry,
    ) -> Self {
        let runtime = shell.driver().runtime.clone();
        Self {
            socket,
            input: Input::new(config.max_read),
            output: Output::new(config.max_write),
            end: End::new(config.close_timeout),
            handlers: Handlers::new(runtime.clone()),
            ring: shell.driver().marks.waker(),
            alarm: Alarm::new(&runtime),
            trim_at: None,
            due: Due::default(),
            marked: Vec::new(),
            has_yielded: false,
            entry,
            shell,
            runtime,
        }
    }

    /// Does everything that is due, and says whether the task itself has made more to do.
    fn turn(&mut self, cx: &mut Context<'_>) -> bool {
        let now = self.runtime.now();
        self.run_timers(now);
        let mut more = self.receive(now, cx);
        self.look();
        self.shell.driver().marks.hush();
        if !self.handlers.is_empty() {
            self.handlers.poll(&mut Context::from_waker(&self.ring));
        }
        self.take_marks();
        more |= self.transmit(now, cx);
        // What was gathered has made room for those who wait to write, and a handler may have ended something.
        self.look();
        more || self.shell.driver().marks.has_rung()
    }

    /// Forgets who asked for this turn. Who comes later asks for another.
    fn take_marks(&mut self) {
        self.shell.driver().marks.take(&mut self.marked);
        self.marked.clear();
        // After the list: a mark that is not made because of an older one belongs to that one's turn.
        self.shell.lock().unmark();
    }

    /// Runs the timers that are due.
    fn run_timers(&mut self, now: Instant) {
        if !self.alarm.is_due(now) {
            return;
        }
        let mut state = self.shell.lock();
        let proto = &mut state.muxer.proto;
        // A failure is the connection's reason to be over, and is found there.
        proto.handle_timeout(now).ok();
        if self.trim_at.is_some_and(|at| at <= now) {
            proto.trim();
            drop(state);
            self.input.trim();
            self.output.trim();
            self.trim_at = None;
        }
    }

    /// Sets the alarm to what comes first, and says whether it has come already.
    fn arm(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let state = self.shell.lock();
        let proto = &state.muxer.proto;
        let is_trimmed =
            !self.input.holds_memory() && !self.output.holds_memory() && !proto.holds_memory();
        let protocol = proto.poll_timeout();
        drop(state);
        if !is_trimmed && self.trim_at.is_none() {
            self.trim_at = now.checked_add(TRIM_INTERVAL);
        }
        let next = [
            protocol.map(|deadline| deadline.at),
            self.trim_at,
            self.end.deadline(),
        ];
        self.alarm.arm(next.into_iter().flatten().min(), cx)
    }

    /// The socket failed: nothing more will come or go.
    fn broke(&mut self, error: io::Error) {
        trace!(%error, connection = ?self.shell, "socket failed");
        self.end.is_broken = true;
        let is_established = self.shell.peer().is_some();
        let mut state = self.shell.lock();
        state.on_closed(crate::close_reason::broken(error, is_established));
        state.muxer.proto.close(0);
    }

    /// Leaves the handlers that are still running to themselves.
    fn leave(&mut self) {
        if !self.handlers.is_empty() && !self.entry.is_closed() {
            let handlers = mem::replace(&mut self.handlers, Handlers::new(self.runtime.clone()));
            self.runtime
                .spawn("handlers of a closed connection", handlers.finish());
        }
    }
}

impl Future for Task {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let turn = this.shell.driver().marks.begin_turn(cx);
        if turn == Turn::Marked && !this.has_yielded {
            // Everybody who can run speaks first, so that one write answers them all.
            this.has_yielded = true;
            this.runtime.spawner().wake_after_others(cx);
            return Poll::Pending;
        }
        this.has_yielded = false;

        // A task that wakes itself may go on on another core, and what it works on has to follow.
        let mut more = false;
        for _ in 0..TURNS_IN_ONE_POLL {
            more = this.turn(cx);
            if !more {
                break;
            }
        }
        let now = this.runtime.now();
        if this.has_ended(now, cx) {
            this.leave();
            return Poll::Ready(());
        }
        let is_marked = this.shell.driver().marks.end_turn();
        if more || is_marked || this.arm(now, cx) {
            this.has_yielded = true;
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for Task {
    /// Ends every wait, also when the task is not polled to its end.
    fn drop(&mut self) {
        let mut state = self.shell.lock();
        state.on_closed(CloseReason::TransportClosed);
        state.muxer.proto.close(0);
        drop(state);
        self.look();
    }
}

/// Turns while there is more to do; then other tasks get theirs.
const TURNS_IN_ONE_POLL: usize = 4;

/// How often to look whether the buffers of a connection are larger than they have to be. An idle connection
/// has none.
const TRIM_INTERVAL: Duration = Duration::from_secs(1);
