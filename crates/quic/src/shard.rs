//! The task that owns a socket, its endpoint and its timers.

use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Instant,
};

use sinew_driver::{Due, Handlers, Inbox, Marks, Patience, Turn};
use sinew_quic_proto::{Endpoint, Incoming};
use sinew_runtime::{Runtime, Timer, UdpSocket};
use sinew_transport::{CloseReason, ConnectionCode};
use tracing::{debug, trace};

use crate::{chunks::Chunks, config::Config, connection::Shell};

mod accept;
mod command;
mod receive;
mod roster;
mod serve;
mod transmit;

pub(crate) use command::{Command, DialRequest};
use receive::Receiver;
use roster::Roster;
use transmit::Transmitter;

/// What everyone may touch.
pub(crate) struct Shared {
    pub(crate) marks: Arc<Marks<Arc<Shell>>>,
    /// `None` once the shard is over.
    commands: Mutex<Option<Vec<Command>>>,
    is_listening: AtomicBool,
    pub(crate) runtime: Runtime,
    pub(crate) chunks: Arc<Chunks>,
    /// The socket's address.
    pub(crate) local: SocketAddr,
}

/// The task. One turn of it is one poll.
pub(crate) struct Shard {
    shared: Arc<Shared>,
    config: Config,
    socket: Arc<dyn UdpSocket>,
    endpoint: Endpoint,
    roster: Roster,
    receiver: Receiver,
    transmitter: Transmitter,
    handlers: Handlers,
    /// Rings the marks: for what the shard polls itself.
    ring: Waker,
    timer: Box<dyn Timer>,
    /// Where inbound connections go; `None` while nobody listens.
    inbox: Option<Arc<Inbox>>,
    /// First packets that wait for their handshake to begin.
    incoming: VecDeque<Incoming>,
    dials: VecDeque<DialRequest>,
    stage: Stage,
    has_yielded: bool,
    patience: Patience,
    /// What there was to do when the shard began to wait for others.
    waiting: Option<Waiting>,
    work: Work,
}

/// How much is to be done: connections that are marked, what was asked of the first, commands.
#[derive(PartialEq, Eq)]
struct Waiting(usize, Option<u32>, usize);

/// How the life of a shard ends.
enum Stage {
    /// It is wanted.
    Running,
    /// Nobody dials from it or listens on it; it ends with its last connection.
    Released,
    /// It ends when the last connection has drained, or at the deadline.
    ShuttingDown {
        deadline: Option<Instant>,
        waiting: Vec<tokio::sync::oneshot::Sender<()>>,
    },
}

/// What a turn collects, kept to save allocations.
#[derive(Default)]
struct Work {
    /// Connections whose events are to be looked at.
    touched: Vec<Arc<Shell>>,
    /// Connections that may have something to send.
    sending: Vec<Arc<Shell>>,
    marked: Vec<Arc<Shell>>,
    due: Due,
}

impl Shared {
    pub(crate) fn new(runtime: Runtime, local: SocketAddr, is_listening: bool) -> Arc<Self> {
        Arc::new(Self {
            marks: Arc::new(Marks::new()),
            commands: Mutex::new(Some(Vec::new())),
            is_listening: AtomicBool::new(is_listening),
            runtime,
            chunks: Arc::default(),
            local,
        })
    }

    /// Asks the shard to do something in its next turn; a shard that is over answers at once.
    pub(crate) fn command(&self, command: Command) {
        if let Err(command) = self.try_command(command) {
            command.refuse();
        }
    }

    /// As `command`, but gives the command back if the shard is over.
    pub(crate) fn try_command(&self, command: Command) -> Result<(), Command> {
        match &mut *self.commands() {
            Some(commands) => commands.push(command),
            None => return Err(command),
        }
        self.marks.ring();
        Ok(())
    }

    /// Whether the socket is closed.
    pub(crate) fn is_over(&self) -> bool {
        self.commands().is_none()
    }

    /// Whether the socket's address is one that peers may know.
    pub(crate) fn is_listening(&self) -> bool {
        self.is_listening.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> Waiting {
        let commands = self.commands().as_ref().map_or(0, Vec::len);
        let (count, first) = self
            .marks
            .look(|marked| (marked.len(), marked.first().cloned()));
        Waiting(count, first.map(|shell| shell.lock().asks()), commands)
    }

    fn has_commands(&self) -> bool {
        self.commands()
            .as_ref()
            .is_some_and(|commands| !commands.is_empty())
    }

    /// Nothing panics while the lock is held.
    fn commands(&self) -> MutexGuard<'_, Option<Vec<Command>>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    pub(crate) fn new(
        shared: Arc<Shared>,
        config: Config,
        socket: Arc<dyn UdpSocket>,
        endpoint: Endpoint,
        inbox: Option<Arc<Inbox>>,
    ) -> Self {
        let runtime = &shared.runtime;
        Self {
            receiver: Receiver::new(&*socket, config.protocol.max_udp_payload),
            transmitter: Transmitter::default(),
            handlers: Handlers::new(runtime.clone()),
            ring: shared.marks.waker(),
            timer: runtime.clock().timer(),
            roster: Roster::default(),
            incoming: VecDeque::new(),
            dials: VecDeque::new(),
            stage: Stage::Running,
            has_yielded: false,
            patience: Patience::default(),
            waiting: None,
            work: Work::default(),
            shared,
            config,
            socket,
            endpoint,
            inbox,
        }
    }

    /// Does everything that is due, and says whether more is due at once.
    fn turn(&mut self, cx: &mut Context<'_>) -> Result<bool, SocketGone> {
        self.take_commands();
        self.take_marks();
        let mut more = self.receive(cx)?;
        let now = self.shared.runtime.now();
        self.run_timers(now);
        more |= self.begin_handshakes(now);
        self.look_at_touched();
        self.shared.marks.hush();
        self.handlers.poll(&mut Context::from_waker(&self.ring));
        // What the handlers did, and what woken tasks did on other threads in the meantime.
        self.take_marks();
        self.look_at_touched();
        more |= self.transmit(cx)?;
        self.linger();
        Ok(more)
    }

    fn take_marks(&mut self) {
        let mut marked = std::mem::take(&mut self.work.marked);
        self.shared.marks.take(&mut marked);
        for shell in marked.drain(..) {
            shell.lock().unmark();
            self.touch(shell);
        }
        self.work.marked = marked;
    }

    /// Runs the timers that are due.
    fn run_timers(&mut self, now: Instant) {
        while let Some(shell) = self.roster.pop_due(now) {
            shell.lock().muxer.proto.handle_timeout(now);
            self.touch(shell);
        }
    }

    /// Has a connection looked at in this turn.
    fn touch(&mut self, shell: Arc<Shell>) {
        let was_touched = std::mem::replace(&mut shell.lock().muxer.is_touched, true);
        if !was_touched {
            self.work.touched.push(shell);
        }
    }

    /// Gives a socket that nobody uses some time before it is closed.
    fn linger(&mut self) {
        let is_idle = self.roster.is_empty() && self.dials.is_empty() && self.incoming.is_empty();
        if let Stage::Running = self.stage
            && is_idle
            && self.inbox.is_none()
        {
            self.roster
                .linger(self.shared.runtime.now(), self.config.linger);
        }
    }

    fn is_shutting_down(&self) -> bool {
        matches!(self.stage, Stage::ShuttingDown { .. })
    }

    /// Whether the shard is done for good.
    fn is_over(&self, now: Instant) -> bool {
        let is_idle = self.roster.is_empty() && self.dials.is_empty() && self.incoming.is_empty();
        match &self.stage {
            Stage::Running => is_idle && self.inbox.is_none() && self.roster.has_lingered(now),
            Stage::Released => is_idle && self.inbox.is_none(),
            Stage::ShuttingDown { deadline, .. } => {
                is_idle || deadline.is_some_and(|deadline| deadline <= now)
            }
        }
    }

    /// Sets the one timer to what comes first, and says whether it has come already.
    fn arm(&mut self, cx: &mut Context<'_>) -> bool {
        let shutdown = match &self.stage {
            Stage::ShuttingDown { deadline, .. } => *deadline,
            Stage::Running | Stage::Released => None,
        };
        let next = [self.roster.next_due(), shutdown]
            .into_iter()
            .flatten()
            .min();
        self.timer.set(next);
        next.is_some() && self.timer.poll_expired(cx).is_ready()
    }

    /// Refuses commands from here on, unless there is one that keeps the shard alive.
    fn refuse_commands(&mut self) -> bool {
        let mut commands = self.shared.commands();
        let is_wanted = commands
            .as_ref()
            .is_some_and(|commands| !commands.is_empty());
        if !is_wanted {
            *commands = None;
        }
        !is_wanted
    }

    /// Ends every connection that is left, and every wait. A second call does nothing.
    fn end(&mut self) {
        let reason = CloseReason::TransportClosed;
        trace!(local = %self.shared.local, "socket closes");
        for shell in self.roster.take_all() {
            shell.close(ConnectionCode::SHUTDOWN, b"", reason.clone());
            self.touch(shell);
        }
        self.take_marks();
        self.look_at_touched();
        self.work.sending.clear();
        self.shared.marks.close();
        if let Some(inbox) = self.inbox.take() {
            inbox.close();
        }
        self.dials.clear();
        for incoming in self.incoming.drain(..) {
            self.endpoint.ignore(incoming);
        }
        if let Stage::ShuttingDown { waiting, .. } = &mut self.stage {
            for done in waiting.drain(..) {
                // Whoever waited may have given up.
                let _gone = done.send(());
            }
        }
        let commands = self.shared.commands().take();
        for command in commands.into_iter().flatten() {
            command.refuse();
        }
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        self.end();
    }
}

impl Future for Shard {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let turn = this.shared.marks.begin_turn(cx);
        if let Some(before) = this.waiting.take() {
            this.patience.learn(this.shared.waiting() != before);
        }
        if turn == Turn::Marked && !this.has_yielded && this.patience.waits() {
            // Everybody who can run speaks first, so that one batch answers them all.
            this.has_yielded = true;
            this.waiting = Some(this.shared.waiting());
            this.shared.runtime.spawner().wake_after_others(cx);
            return Poll::Pending;
        }
        this.has_yielded = false;

        let more = match this.turn(cx) {
            Ok(more) => more,
            Err(SocketGone) => {
                debug!(local = %this.shared.local, "socket is gone");
                return Poll::Ready(());
            }
        };
        if this.is_over(this.shared.runtime.now()) && this.refuse_commands() {
            return Poll::Ready(());
        }
        let is_marked = this.shared.marks.end_turn();
        if more || is_marked || this.shared.has_commands() || this.arm(cx) {
            this.has_yielded = true;
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// The socket can no longer be used.
struct SocketGone;

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

/// First packets that become TLS sessions, and dials that begin, in one turn. Each costs a few hundred
/// microseconds, which every other connection waits.
const HANDSHAKES_IN_ONE_TURN: usize = 8;
