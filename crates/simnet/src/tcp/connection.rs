//! One end of a connection.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    task::Waker,
    time::Duration,
};

use super::{
    ConnectionKey,
    receiver::Receiver,
    segment::{Ack, Data, Segment},
    sender::{Sender, Timeout},
};
use crate::{NodeId, schedule::Key};

/// One end of a connection, as a kernel keeps it.
///
/// ```text
/// Connecting ──┐
///              ├─► Open ──► Lingering ──► gone
/// Accepting  ──┘     └────► Dead (until the program lets go)
/// ```
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) node: NodeId,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    /// The other end, once it is heard of.
    pub(super) peer: Option<ConnectionKey>,
    phase: Phase,
    sender: Sender,
    receiver: Receiver,
    /// The program has dropped it.
    is_abandoned: bool,
    /// When a connection whose program is gone no longer waits for its peer; set when that has everything.
    forgotten_at: Option<Duration>,
    low_water: usize,
    pub(super) reader: Option<Waker>,
    /// Waits to write, or for the connection.
    pub(super) writer: Option<Waker>,
    pub(super) output: Vec<Segment>,
    /// The listener that will be given it.
    pub(super) listening: Option<SocketAddr>,
    /// Its place in the schedule.
    pub(super) armed: Option<Key>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The answer to a SYN.
    Connecting {
        tries: u32,
        resend: Duration,
    },
    /// The answer to a SYN and ACK.
    Accepting {
        tries: u32,
        resend: Duration,
    },
    Open,
    /// Both sides are done; what the peer sends again is acknowledged until then.
    Lingering {
        until: Duration,
    },
    Dead(io::ErrorKind),
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    /// It can carry bytes.
    Opened,
}

impl Connection {
    pub(super) fn new(
        node: NodeId,
        (local, remote): (SocketAddr, SocketAddr),
        largest: usize,
        low_water: Option<u32>,
    ) -> Self {
        Self {
            node,
            local,
            remote,
            peer: None,
            phase: Phase::Dead(io::ErrorKind::NotConnected),
            sender: Sender::new(largest, RECEIVE_BUFFER_BYTES),
            receiver: Receiver::new(RECEIVE_BUFFER_BYTES),
            is_abandoned: false,
            forgotten_at: None,
            low_water: low_water.map_or(usize::MAX, |bytes| bytes as usize),
            reader: None,
            writer: None,
            output: Vec::new(),
            listening: None,
            armed: None,
        }
    }

    pub(super) fn ends(&self) -> (NodeId, SocketAddr, SocketAddr) {
        (self.node, self.local, self.remote)
    }

    pub(super) fn connect(&mut self, now: Duration) {
        self.output.push(Segment::Syn);
        self.phase = Phase::Connecting {
            tries: 1,
            resend: now + FIRST_RETRY,
        };
    }

    pub(super) fn accept(&mut self, now: Duration) {
        let ack = self.receiver.ack();
        self.output.push(Segment::SynAck(ack));
        self.phase = Phase::Accepting {
            tries: 1,
            resend: now + FIRST_RETRY,
        };
    }

    pub(super) fn handle(&mut self, now: Duration, segment: Segment) -> Change {
        match (self.phase, segment) {
            (Phase::Dead(_), _) => Change::None,
            (Phase::Lingering { .. }, Segment::Data(..) | Segment::Probe(_)) => {
                self.push_ack();
                Change::None
            }
            (Phase::Lingering { .. }, _) => Change::None,
            (Phase::Connecting { .. }, Segment::Reset) if self.peer.is_none() => {
                self.die(io::ErrorKind::ConnectionRefused);
                Change::None
            }
            (Phase::Connecting { .. } | Phase::Accepting { .. } | Phase::Open, Segment::Reset) => {
                self.die(io::ErrorKind::ConnectionReset);
                Change::None
            }
            (Phase::Connecting { .. }, Segment::SynAck(ack)) => {
                self.phase = Phase::Open;
                self.push_ack();
                self.on_ack(now, &ack);
                Change::Opened
            }
            // Both sides connect to each other at the same moment.
            (Phase::Connecting { .. }, Segment::Syn) => {
                let ack = self.receiver.ack();
                self.output.push(Segment::SynAck(ack));
                Change::None
            }
            (Phase::Accepting { .. }, Segment::Syn) => {
                let ack = self.receiver.ack();
                self.output.push(Segment::SynAck(ack));
                Change::None
            }
            // A peer that connected at the same moment has our acknowledgement before we have its own.
            (Phase::Connecting { .. } | Phase::Accepting { .. }, Segment::Data(data, ack)) => {
                self.phase = Phase::Open;
                self.on_ack(now, &ack);
                self.on_data(data);
                Change::Opened
            }
            (Phase::Connecting { .. }, Segment::Ack(ack) | Segment::Probe(ack))
            | (
                Phase::Accepting { .. },
                Segment::SynAck(ack) | Segment::Ack(ack) | Segment::Probe(ack),
            ) => {
                self.phase = Phase::Open;
                self.on_ack(now, &ack);
                Change::Opened
            }
            (Phase::Open, Segment::Syn | Segment::SynAck(_)) => {
                self.push_ack();
                Change::None
            }
            (Phase::Open, Segment::Ack(ack)) => self.on_ack(now, &ack),
            (Phase::Open, Segment::Probe(ack)) => {
                self.push_ack();
                self.on_ack(now, &ack)
            }
            (Phase::Open, Segment::Data(data, ack)) => {
                self.on_ack(now, &ack);
                self.on_data(data);
                Change::None
            }
        }
    }

    fn on_ack(&mut self, now: Duration, ack: &Ack) -> Change {
        self.sender.handle(now, ack);
        Change::None
    }

    fn on_data(&mut self, data: Data) {
        if self.is_abandoned && !data.bytes.is_empty() {
            // Nobody will read it, and the peer should know.
            self.output.push(Segment::Reset);
            self.die(io::ErrorKind::ConnectionReset);
            return;
        }
        self.receiver.handle(data);
        self.push_ack();
    }

    fn push_ack(&mut self) {
        let ack = self.receiver.ack();
        self.output.push(Segment::Ack(ack));
    }

    fn die(&mut self, error: io::ErrorKind) {
        self.phase = Phase::Dead(error);
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) {
        match &mut self.phase {
            Phase::Connecting { tries, resend } | Phase::Accepting { tries, resend } => {
                if *resend > now {
                    return;
                }
                if *tries > SYN_RETRIES {
                    self.die(io::ErrorKind::TimedOut);
                    return;
                }
                *resend = now + FIRST_RETRY * (1 << *tries);
                *tries += 1;
                let segment = if matches!(self.phase, Phase::Connecting { .. }) {
                    Segment::Syn
                } else {
                    Segment::SynAck(self.receiver.ack())
                };
                self.output.push(segment);
            }
            Phase::Open if self.forgotten_at.is_some_and(|at| at <= now) => {
                self.die(io::ErrorKind::TimedOut);
            }
            Phase::Open => match self.sender.handle_timeout(now) {
                Timeout::Early | Timeout::Resend => {}
                Timeout::Probe => {
                    let ack = self.receiver.ack();
                    self.output.push(Segment::Probe(ack));
                }
                Timeout::Gone => self.die(io::ErrorKind::TimedOut),
            },
            Phase::Lingering { .. } | Phase::Dead(_) => {}
        }
    }

    /// Makes what is to be sent.
    pub(super) fn flush(&mut self, now: Duration) {
        if self.phase != Phase::Open {
            return;
        }
        while let Some(data) = self.sender.poll(now) {
            let ack = self.receiver.ack();
            self.output.push(Segment::Data(data, ack));
        }
        if self.sender.is_acknowledged() && self.receiver.has_ended() && !self.receiver.has_unread()
        {
            self.phase = Phase::Lingering {
                until: now + LINGER,
            };
        } else if self.is_abandoned && self.sender.is_acknowledged() && self.forgotten_at.is_none()
        {
            self.forgotten_at = Some(now + FIN_TIMEOUT);
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Connecting { resend, .. } | Phase::Accepting { resend, .. } => Some(resend),
            Phase::Open => {
                let forgotten = self.forgotten_at.into_iter();
                forgotten.chain(self.sender.deadline()).min()
            }
            Phase::Lingering { until } => Some(until),
            Phase::Dead(_) => None,
        }
    }

    /// Whether a new connection may take its place.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Dead(_) | Phase::Lingering { .. })
    }

    /// Whether nobody needs to know of it any more.
    pub(super) fn is_gone(&self, now: Duration) -> bool {
        match self.phase {
            Phase::Dead(_) => self.is_abandoned,
            Phase::Lingering { until } => self.is_abandoned && until <= now,
            Phase::Connecting { .. } | Phase::Accepting { .. } | Phase::Open => false,
        }
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.phase, Phase::Connecting { .. })
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Lingering { .. })
    }

    pub(super) fn error(&self) -> Option<io::Error> {
        let Phase::Dead(kind) = self.phase else {
            return None;
        };
        Some(kind.into())
    }

    /// Returns `None` when there is nothing yet.
    pub(super) fn read(&mut self, buf: &mut [u8]) -> Option<io::Result<usize>> {
        let len = self.receiver.read(buf);
        if len > 0 {
            if self.phase == Phase::Open && self.receiver.has_much_more_room() {
                self.push_ack();
            }
            return Some(Ok(len));
        }
        if let Some(error) = self.error() {
            return Some(Err(error));
        }
        self.receiver.has_ended().then_some(Ok(0))
    }

    /// Returns `None` when there is no room.
    pub(super) fn write(&mut self, bufs: &[IoSlice<'_>]) -> Option<io::Result<usize>> {
        if let Some(error) = self.error() {
            return Some(Err(error));
        }
        if self.sender.is_finished() {
            return Some(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let mut room = self.room();
        if room == 0 {
            return None;
        }
        let mut written = 0;
        for buf in bufs {
            let taken = buf.get(..room.min(buf.len())).unwrap_or_default();
            self.sender.write(taken);
            written += taken.len();
            room -= taken.len();
        }
        Some(Ok(written))
    }

    fn room(&self) -> usize {
        if self.sender.unsent_bytes() >= self.low_water {
            return 0;
        }
        SEND_BUFFER_BYTES.saturating_sub(self.sender.buffered())
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        if let Some(error) = self.error() {
            return Err(error);
        }
        self.sender.finish();
        Ok(())
    }

    /// The program dropped it.
    pub(super) fn abandon(&mut self) {
        self.is_abandoned = true;
        match self.phase {
            Phase::Connecting { .. } => self.die(io::ErrorKind::ConnectionAborted),
            Phase::Accepting { .. } => self.reset(),
            Phase::Open if self.receiver.has_unread() => self.reset(),
            Phase::Open => self.sender.finish(),
            Phase::Lingering { .. } | Phase::Dead(_) => {}
        }
    }

    /// Its listener is gone before it was accepted.
    pub(super) fn abandon_unread(&mut self) {
        self.is_abandoned = true;
        if self.error().is_none() {
            self.reset();
        }
    }

    fn reset(&mut self) {
        self.output.push(Segment::Reset);
        self.die(io::ErrorKind::ConnectionAborted);
    }

    /// Takes the wakers of those who can go on.
    pub(super) fn take_wakers(&mut self) -> impl Iterator<Item = Waker> {
        let is_over = matches!(self.phase, Phase::Dead(_));
        let can_read = is_over || self.receiver.has_unread() || self.receiver.has_ended();
        let can_write = is_over || self.is_open() && self.room() > 0;
        let reader = can_read.then(|| self.reader.take()).flatten();
        let writer = can_write.then(|| self.writer.take()).flatten();
        reader.into_iter().chain(writer)
    }
}

/// As much as Linux gives a connection without being asked.
const SEND_BUFFER_BYTES: usize = 4 << 20;
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;

/// Then 2 s, 4 s and so on.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// A connection attempt fails after 127 s.
const SYN_RETRIES: u32 = 6;

/// How long the end of the peer's half is waited for when nobody would read it. Linux's default.
const FIN_TIMEOUT: Duration = Duration::from_secs(60);

/// A kernel's minute would only fill tables here.
const LINGER: Duration = Duration::from_secs(2);
