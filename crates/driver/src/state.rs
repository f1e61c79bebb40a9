//! What the lock of a connection guards: its machine, and who waits for what.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    task::{Context, Waker},
};

use rustc_hash::FxBuildHasher;
use sinew_multiaddr::Address;
use sinew_transport::{Acceptor, CloseReason, ConnectionEvent, StreamCode};

use crate::{Arrival, Due, Muxer, openings::Openings};

/// What the lock of a [`Shell`](crate::Shell) guards.
///
/// The methods `on_…` pass on what the machine's events say; whoever is to be woken is put into a [`Due`].
pub struct State<M: Muxer> {
    /// The machine.
    pub muxer: M,
    pub(crate) slots: HashMap<M::StreamId, Slot, FxBuildHasher>,
    pub(crate) openings: Openings<M::StreamId>,
    pub(crate) acceptor: Option<Acceptor>,
    /// Inbound streams may be waiting for the acceptor.
    pub(crate) has_inbound: bool,
    /// Tasks that wait for an inbound stream.
    pub(crate) accepting: Vec<Waker>,
    pub(crate) events: VecDeque<ConnectionEvent>,
    pub(crate) event_waker: Option<Waker>,
    /// The task that waits for the handshake.
    pub(crate) dialing: Option<Waker>,
    pub(crate) closed: Option<CloseReason>,
    /// The task has been told to look at the connection.
    pub(crate) is_marked: bool,
    /// How many times somebody left something to be sent.
    pub(crate) asks: u32,
    /// `Closed` was taken from the events.
    pub(crate) is_over: bool,
    /// Where the end of an inbound handshake is told.
    pub(crate) arrival: Option<Arrival>,
}

/// Who waits on a stream.
#[derive(Default)]
pub(crate) struct Slot {
    pub(crate) reader: Option<Waker>,
    /// Waits to write, or for the end to be acknowledged.
    pub(crate) writer: Option<Waker>,
    pub(crate) is_acknowledged: bool,
    pub(crate) stopped: Option<StreamCode>,
}

impl<M: Muxer> State<M> {
    pub(crate) fn new(muxer: M, arrival: Option<Arrival>) -> Self {
        Self {
            muxer,
            slots: HashMap::default(),
            openings: Openings::default(),
            acceptor: None,
            has_inbound: false,
            accepting: Vec::new(),
            events: VecDeque::new(),
            event_waker: None,
            dialing: None,
            closed: None,
            is_marked: false,
            asks: 0,
            is_over: false,
            arrival,
        }
    }

    /// Forgets that the task was told to look: it looks.
    pub fn unmark(&mut self) {
        self.is_marked = false;
    }

    /// Returns a number that changes when an application leaves something to be sent.
    pub fn asks(&self) -> u32 {
        self.asks
    }

    /// Returns whether the connection is over, for everyone who waits on it.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// The peer has accepted us too.
    pub fn on_confirmed(&mut self, due: &mut Due) {
        self.push_event(ConnectionEvent::Confirmed, due);
    }

    /// The peer moved. A move that nobody has heard of yet is joined with the next one.
    pub fn on_moved(&mut self, old: Address, new: Address, due: &mut Due) {
        if let Some(ConnectionEvent::AddressChanged { new: last, .. }) = self.events.back_mut() {
            *last = new;
            return;
        }
        self.push_event(ConnectionEvent::AddressChanged { old, new }, due);
    }

    /// The peer opened streams.
    pub fn on_stream_opened(&mut self, due: &mut Due) {
        self.has_inbound = true;
        due.wakers.append(&mut self.accepting);
    }

    /// The peer allows more streams.
    pub fn on_streams_available(&mut self, due: &mut Due) {
        self.grant(&mut due.wakers);
        if self.muxer.refuses_streams().is_some() {
            self.on_streams_refused(due);
        }
    }

    /// The peer allows no more streams, ever; the machine says why.
    pub fn on_streams_refused(&mut self, due: &mut Due) {
        self.openings.wake_all(&mut due.wakers);
    }

    /// There is something to read.
    pub fn on_readable(&mut self, id: M::StreamId, due: &mut Due) {
        if let Some(slot) = self.slots.get_mut(&id) {
            due.wakers.extend(slot.reader.take());
        }
    }

    /// There is room to write.
    pub fn on_writable(&mut self, id: M::StreamId, due: &mut Due) {
        if let Some(slot) = self.slots.get_mut(&id) {
            due.wakers.extend(slot.writer.take());
        }
    }

    /// The peer has everything, the end included.
    pub fn on_finished(&mut self, id: M::StreamId, due: &mut Due) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.is_acknowledged = true;
            due.wakers.extend(slot.writer.take());
        }
    }

    /// The peer wants no more.
    pub fn on_stopped(&mut self, id: M::StreamId, code: StreamCode, due: &mut Due) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.stopped = Some(code);
            due.wakers.extend(slot.writer.take());
        }
    }

    /// The connection is over. The first reason stays; [`Shell::settle`](crate::Shell::settle) tells everyone.
    pub fn on_closed(&mut self, reason: CloseReason) {
        self.closed.get_or_insert(reason);
    }

    /// Takes an inbound stream, if one is waiting.
    pub(crate) fn take_inbound(&mut self) -> Option<M::StreamId> {
        let id = self.muxer.accept()?;
        self.slots.insert(id, Slot::default());
        Some(id)
    }

    /// Opens a stream if the peer allows one now.
    pub(crate) fn open(&mut self) -> Option<M::StreamId> {
        let id = self.muxer.open()?;
        self.slots.insert(id, Slot::default());
        Some(id)
    }

    pub(crate) fn slot(&mut self, id: M::StreamId) -> &mut Slot {
        self.slots.entry(id).or_default()
    }

    /// Lets go of a stream. Whoever waits to open one gets it at once if that made room: where only this side
    /// counts streams, nothing is to be sent then, and the task is not told.
    ///
    /// Wakers are other people's code, also when they are dropped: both to be done with no lock held.
    #[must_use = "to be dropped with no lock held"]
    pub(crate) fn abandon(&mut self, id: M::StreamId, wakers: &mut Vec<Waker>) -> Option<Slot> {
        let slot = self.slots.remove(&id);
        self.muxer.abandon(id);
        self.grant(wakers);
        slot
    }

    /// Opens streams for those who wait, as far as the peer allows.
    fn grant(&mut self, wakers: &mut Vec<Waker>) {
        if self.openings.is_asked() {
            let mut openings = std::mem::take(&mut self.openings);
            openings.grant(|| self.open(), wakers);
            self.openings = openings;
        }
    }

    /// Returns the reason for errors on a connection that is over.
    pub(crate) fn close_reason(&self) -> CloseReason {
        let known = self.closed.clone();
        known
            .or_else(|| self.muxer.close_reason())
            .unwrap_or(CloseReason::TransportClosed)
    }

    pub(crate) fn push_event(&mut self, event: ConnectionEvent, due: &mut Due) {
        self.events.push_back(event);
        due.wakers.extend(self.event_waker.take());
    }

    /// Takes the wakers of all who wait for something that will not come.
    pub(crate) fn end_waits(&mut self, due: &mut Due) {
        let wakers = &mut due.wakers;
        wakers.extend(self.dialing.take());
        wakers.append(&mut self.accepting);
        self.openings.wake_all(wakers);
        let mut slots: Vec<_> = self.slots.iter_mut().collect();
        // In the order of the streams, which does not depend on hashing.
        slots.sort_unstable_by_key(|(id, _)| **id);
        for (_, slot) in slots {
            wakers.extend(slot.take_wakers());
        }
    }
}

impl Slot {
    /// Takes the wakers of all who wait on the stream.
    pub(crate) fn take_wakers(&mut self) -> impl Iterator<Item = Waker> + use<> {
        let wakers = [self.reader.take(), self.writer.take()];
        wakers.into_iter().flatten()
    }
}

impl<M: Muxer> fmt::Debug for State<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

/// Stores the task's waker unless it is there already.
pub(crate) fn remember(slot: &mut Option<Waker>, cx: &Context<'_>) {
    if !slot
        .as_ref()
        .is_some_and(|waker| waker.will_wake(cx.waker()))
    {
        *slot = Some(cx.waker().clone());
    }
}
