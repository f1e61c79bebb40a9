//! One side of a connection that carries streams.

mod batch;
mod finishing;
mod input;
mod lingering;
mod outbox;
mod output;
mod pinger;
mod read;
mod schedule;
mod stream;
mod streams;
mod table;
mod window;

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use sinew_sans_io::{Deadline, Machine, Role, StreamMachine};

use crate::{
    CloseReason, Config, ConfigError, Error, Event, Stats, StreamId, StreamStats, Violation,
    chunks::Load, frame::Frame,
};
use finishing::Finishing;
use input::Reading;
use lingering::Lingering;
use outbox::Outbox;
use pinger::Pinger;
use stream::{Hold, OurReset, SendHalf, Stream};
use table::Table;

pub(crate) use window::INITIAL_WINDOW;

/// One side of a connection that carries streams.
///
/// See the [crate page](crate) for how it is driven.
#[derive(Debug)]
pub struct Connection {
    role: Role,
    config: Arc<Config>,
    /// The latest time that we were told.
    now: Instant,
    reading: Reading,
    table: Table,
    outbox: Outbox,
    pinger: Pinger,
    finishing: Finishing,
    lingering: Lingering,
    events: VecDeque<Event>,
    /// Somebody waits for [`Event::StreamOpened`].
    is_accept_awaited: bool,
    /// Somebody waits for [`Event::StreamsAvailable`].
    is_open_awaited: bool,
    peer_goes_away: bool,
    /// The go-away code that is to be sent, the last thing that is.
    farewell: Option<u32>,
    close_reason: Option<CloseReason>,
    is_close_reported: bool,
    counters: Counters,
}

/// What is only ever counted.
#[derive(Debug, Default)]
struct Counters {
    sent: u64,
    received: u64,
    discarded: u64,
    unread: Load,
    refused: u64,
}

impl Connection {
    /// Starts one side. Nothing is sent before there is something to say.
    ///
    /// # Errors
    ///
    /// A value of `config` is out of its range.
    pub fn new(now: Instant, role: Role, config: Arc<Config>) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            role,
            now,
            reading: Reading::Header { has_begun: false },
            table: Table::new(role, &config),
            outbox: Outbox::default(),
            pinger: Pinger::new(now, config.keep_alive, config.ping_timeout),
            finishing: Finishing::default(),
            lingering: Lingering::default(),
            events: VecDeque::new(),
            is_accept_awaited: true,
            is_open_awaited: false,
            peer_goes_away: false,
            farewell: None,
            close_reason: None,
            is_close_reported: false,
            counters: Counters::default(),
            config,
        })
    }

    /// Closes the connection and tells the peer `code`. What was not sent is lost.
    ///
    /// The code is one of [`CloseReason`]'s or one of libp2p's error codes. Does nothing on a connection
    /// that is over.
    pub fn close(&mut self, code: u32) {
        if !self.is_closed() {
            self.farewell = Some(code);
            self.end(CloseReason::Local { code });
        }
    }

    /// Returns whether something may have to be sent. `false` saves a call of `poll_transmit`.
    #[must_use]
    pub fn wants_transmit(&self) -> bool {
        if self.is_closed() {
            return self.farewell.is_some();
        }
        let wants_proof = self.finishing.wants_ping() && self.pinger.is_idle();
        !self.outbox.is_empty() || self.pinger.is_wanted() || wants_proof
    }

    /// Returns which side we are.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns whether the connection is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.close_reason.is_some()
    }

    /// Returns whether the peer has said that it goes away.
    #[must_use]
    pub const fn peer_goes_away(&self) -> bool {
        self.peer_goes_away
    }

    /// Returns why the connection is over.
    #[must_use]
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.close_reason.as_ref()
    }

    /// Returns the smoothed round-trip time, once a ping was answered.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        self.pinger.rtt()
    }

    /// Asks the peer for a sign of life, which also measures the round-trip time. Does nothing while a
    /// ping is under way.
    pub fn ping(&mut self) {
        if !self.is_closed() {
            self.pinger.want();
        }
    }

    /// Returns numbers about the connection so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            rtt: self.pinger.rtt(),
            min_rtt: self.pinger.min_rtt(),
            unanswered_since: self.pinger.unanswered_since(),
            inbound_streams: self.table.inbound,
            outbound_streams: self.table.outbound,
            unacknowledged_streams: self.table.unacknowledged,
            refused_streams: self.counters.refused,
            sent_bytes: self.counters.sent,
            received_bytes: self.counters.received,
            discarded_bytes: self.counters.discarded,
            unsent_bytes: u64::try_from(self.outbox.unsent_bytes).unwrap_or(u64::MAX),
            unread_bytes: u64::try_from(self.counters.unread.bytes).unwrap_or(u64::MAX),
            receive_window_bytes: self.table.window_bytes(),
        }
    }

    /// Lets go of memory that is kept for what is written and was not needed since the last call.
    ///
    /// Worth a call now and then while there [is such memory](Self::holds_memory), and none otherwise.
    pub fn trim(&mut self) {
        self.outbox.memory.trim();
    }

    /// Returns whether memory is kept that waits to be used again.
    #[must_use]
    pub fn holds_memory(&self) -> bool {
        self.outbox.memory.is_held()
    }

    /// Returns how many answers wait to be sent: to pings, and to streams that were turned down.
    ///
    /// An owner that cannot leave input unused, because it has decrypted it, looks here before it decrypts
    /// more, and allows [`max_replies`](Config::max_replies) beyond that for what it has.
    #[must_use]
    pub fn unsent_replies(&self) -> usize {
        self.outbox.replies.len()
    }

    /// Returns numbers about a stream that is held.
    #[must_use]
    pub fn stream_stats(&self, stream: StreamId) -> Option<StreamStats> {
        let stream = self.table.get(stream)?;
        stream.is_held().then(|| stream.stats())
    }

    /// Ends the connection by a failure.
    fn fail(&mut self, error: Error) -> Error {
        if matches!(error, Error::Violation(_)) {
            // [yamux §Session termination] The code 1 is a protocol error.
            self.farewell = Some(CloseReason::PROTOCOL_ERROR);
        }
        self.end(CloseReason::Failed(error));
        // The caller has the error.
        self.is_close_reported = true;
        error
    }

    fn end(&mut self, reason: CloseReason) {
        self.close_reason = Some(reason);
        self.is_open_awaited = false;
        self.outbox = Outbox::default();
        self.give_back_sent();
        self.finishing = Finishing::default();
        self.lingering = Lingering::default();
    }

    /// Forgets `id` if nothing is left of it.
    fn settle(&mut self, id: StreamId) {
        let is_closed = self.is_closed();
        let is_done = self.table.get(id).is_some_and(|stream| {
            stream.is_forgettable() || (is_closed && stream.hold == Hold::Abandoned)
        });
        if !is_done {
            return;
        }
        if let Some(mut stream) = self.table.remove(id) {
            self.outbox.drop_unsent(&mut stream);
            self.drop_unread(stream.unread.load());
            self.announce_room();
        }
    }

    /// Tells the owner when a blocked `open_stream` may go on.
    fn announce_room(&mut self) {
        if self.is_open_awaited && self.can_open() {
            self.is_open_awaited = false;
            self.events.push_back(Event::StreamsAvailable);
        }
    }

    fn can_open(&self) -> bool {
        self.table.outbound < self.config.max_outbound_streams
            && self.table.unacknowledged < self.config.max_unacknowledged_streams
    }

    /// Takes note that bytes were dropped that had arrived.
    fn drop_unread(&mut self, dropped: Load) {
        // Less is always held.
        let _ = self.table.growth.may_wait(dropped.bytes, 0);
        self.change_unread(dropped, Load::default());
        let len = u64::try_from(dropped.bytes).unwrap_or(u64::MAX);
        self.counters.discarded = self.counters.discarded.saturating_add(len);
    }

    /// Takes note of what waits on one stream, `before` and `after`.
    fn change_unread(&mut self, before: Load, after: Load) {
        let unread = &mut self.counters.unread;
        let change = |all: usize, before, after| all.saturating_sub(before).saturating_add(after);
        unread.bytes = change(unread.bytes, before.bytes, after.bytes);
        unread.pieces = change(unread.pieces, before.pieces, after.pieces);
    }

    /// Gives back what was held for bytes that are sent.
    fn give_back_sent(&mut self) {
        let unsent = u64::try_from(self.outbox.unsent_bytes).unwrap_or(u64::MAX);
        // Less is always held.
        let _ = self.table.growth.share.hold_sent(unsent);
    }

    /// Returns whether what arrives may be shared with the buffer in which it came.
    ///
    /// A peer that sends a little for each stream and much else in between would keep a buffer alive with each
    /// little, and on many streams.
    fn may_share(&self) -> bool {
        let unread = self.counters.unread;
        unread.pieces < MAX_SHARED.saturating_add(unread.bytes / READ_BUFFER)
    }

    /// Breaks off both halves of a stream. What was not sent is dropped.
    fn break_off(&mut self, id: StreamId, code: u32) {
        if let Some(stream) = self.table.get_mut(id)
            && stream.reset == OurReset::No
        {
            stream.reset = OurReset::Due { code };
            if matches!(stream.send, SendHalf::Open | SendHalf::Finishing) {
                stream.send = SendHalf::Reset;
            }
            self.outbox.drop_unsent(stream);
            self.outbox.push_control(id, stream);
        }
    }

    /// Resets a stream whose peer goes on sending what nobody reads.
    fn break_off_overrun(&mut self, id: StreamId) {
        let Some(stream) = self.table.get(id) else {
            return;
        };
        if stream.is_overrun() {
            self.break_off(id, stream.stopped.unwrap_or_default());
        }
    }
}

impl Machine for Connection {
    type Event = Event;
    type Error = Error;

    fn poll_event(&mut self) -> Option<Event> {
        while let Some(event) = self.events.pop_front() {
            let is_wanted = match event {
                Event::Readable { stream }
                | Event::Writable { stream }
                | Event::Finished { stream }
                | Event::Stopped { stream, .. } => {
                    self.table.get(stream).is_some_and(Stream::is_held)
                }
                Event::StreamOpened
                | Event::StreamsAvailable
                | Event::PeerGoesAway
                | Event::Closed(_) => true,
            };
            if is_wanted {
                return Some(event);
            }
        }
        let reason = self.close_reason?;
        let is_reported = std::mem::replace(&mut self.is_close_reported, true);
        (!is_reported).then_some(Event::Closed(reason))
    }

    fn poll_timeout(&self) -> Option<Deadline> {
        if self.is_closed() {
            return None;
        }
        let linger = self.lingering.deadline().map(|at| Deadline {
            at,
            reason: "yamux linger",
        });
        Deadline::earliest(self.pinger.deadline(), linger)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.now = self.now.max(now);
        if self.is_closed() {
            return Ok(());
        }
        while let Some(id) = self.lingering.pop(self.now) {
            self.on_linger(id);
        }
        self.trim_lingering();
        if self.pinger.handle_timeout(self.now) {
            let after = self.pinger.timeout();
            return Err(self.fail(Error::PingTimeout { after }));
        }
        Ok(())
    }
}

impl StreamMachine for Connection {
    /// All of a header but its last byte; payload is never left.
    const LOOKAHEAD: usize = Frame::HEADER_LEN - 1;

    fn handle_input(&mut self, now: Instant, input: &mut BytesMut) -> Result<(), Error> {
        self.now = self.now.max(now);
        let before = input.len();
        let result = self.read_frames(input);
        let used = before.saturating_sub(input.len());
        if used > 0 {
            self.pinger.on_heard(self.now);
            let used = u64::try_from(used).unwrap_or(u64::MAX);
            self.counters.received = self.counters.received.saturating_add(used);
        }
        self.trim_lingering();
        self.feed_starved();
        result.map_err(|violation: Violation| self.fail(violation.into()))
    }

    fn handle_eof(&mut self, now: Instant) -> Result<(), Error> {
        self.now = self.now.max(now);
        if self.is_closed() {
            return Ok(());
        }
        if self.reading.is_within_frame() {
            return Err(self.fail(Error::Truncated));
        }
        let reason = if self.peer_goes_away {
            CloseReason::Remote {
                code: CloseReason::NORMAL,
            }
        } else {
            CloseReason::HungUp
        };
        self.end(reason);
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        let max = self.config.max_transmit;
        self.poll_transmit_up_to(now, max, out)
    }
}

/// Pieces that may wait to be read on all streams, besides one for each [`READ_BUFFER`].
const MAX_SHARED: usize = 64;

/// How large the buffers are in which input comes, in bytes: about what drivers read at most.
const READ_BUFFER: usize = 256 << 10;

/// The least that [`Connection::poll_transmit_up_to`] has to be allowed: a header and a byte.
pub const MIN_TRANSMIT: usize = Frame::HEADER_LEN + 1;

#[cfg(test)]
mod tests;
