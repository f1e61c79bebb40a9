//! Counts what is in use; every permit gives itself back.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use futures_util::task::AtomicWaker;
use sinew_transport::{BufferBudget, BufferRefusal, Direction, Protocol};

use crate::{
    Limit, LimitExceeded, Limits,
    admission::{self, Occupancy, Verdict},
    crowd::Crowd,
    limits::set_aside,
    origin::Origin,
};

/// The host's counts.
#[derive(Debug)]
pub(crate) struct Ledger {
    limits: Limits,
    pub(crate) buffers: BufferBudget,
    counts: Mutex<Counts>,
    negotiating: AtomicU32,
    streams: AtomicU32,
    /// The limits that were reported and were not given back to since.
    reported: AtomicU32,
    /// Woken when the last stream is gone.
    pub(crate) streams_gone: AtomicWaker,
}

#[derive(Debug)]
struct Counts {
    /// Those of `inbound`, by where they came from, and who tried of late.
    crowd: Crowd,
    inbound: u32,
    established_inbound: u32,
    outbound: u32,
    pending_outbound: u32,
}

/// What is in use. All of it is zero on a host without connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Inbound connections, handshakes included.
    pub inbound_connections: u32,
    /// Inbound handshakes in progress.
    pub pending_inbound: u32,
    /// Outbound connections, attempts included.
    pub outbound_connections: u32,
    /// Addresses (IPv4, or IPv6 /64) that inbound connections came from, this machine's own left out.
    pub inbound_addresses: u32,
    /// Peers that are being dialed.
    pub pending_outbound: u32,
    /// Inbound streams that wait to agree on a protocol.
    pub negotiating: u32,
    /// Open streams, of both directions.
    pub streams: u32,
    /// Bytes that wait to be read or sent, or may come to wait: what is set aside for connections, and what they
    /// hold beyond.
    pub buffered_bytes: u64,
}

/// Room for one thing, taken from the ledger.
#[derive(Debug)]
pub(crate) struct Slot {
    ledger: Arc<Ledger>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Inbound(Origin),
    EstablishedInbound(Origin),
    /// A connection that counts elsewhere than where it came from.
    Moved {
        from: Origin,
        to: Origin,
    },
    Outbound,
    PendingOutbound,
}

/// One connection's counts of streams.
#[derive(Debug)]
pub(crate) struct Tally {
    ledger: Arc<Ledger>,
    inbound: AtomicU32,
    outbound: AtomicU32,
    negotiating: AtomicU32,
    /// Inbound streams that are served, by protocol. A peer speaks few.
    served: Mutex<Vec<(Protocol, u32)>>,
}

/// Room for one stream.
#[derive(Debug)]
pub(crate) struct StreamSlot {
    tally: Arc<Tally>,
    direction: Direction,
}

/// Room for one inbound stream of a protocol that is served.
#[derive(Debug)]
pub(crate) struct ProtocolSlot {
    tally: Arc<Tally>,
    protocol: Protocol,
}

/// Room for one inbound negotiation.
#[derive(Debug)]
pub(crate) struct NegotiationSlot(Arc<Tally>);

impl Ledger {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            buffers: limits.buffers(),
            counts: Mutex::new(Counts {
                crowd: Crowd::new(&limits),
                inbound: 0,
                established_inbound: 0,
                outbound: 0,
                pending_outbound: 0,
            }),
            negotiating: AtomicU32::new(0),
            streams: AtomicU32::new(0),
            reported: AtomicU32::new(0),
            streams_gone: AtomicWaker::new(),
        })
    }

    /// Says whether anybody from there may come in at all. Allocates nothing.
    pub(crate) fn allows(&self, remote: IpAddr, now: Instant) -> Result<(), LimitExceeded> {
        let origin = Origin::of(remote);
        let presence = self.counts().crowd.presence(&origin, now);
        admission::check_origin(&self.limits, &origin, &presence)
    }

    /// Decides about an inbound attempt; the slot comes with [`Verdict::Accept`] alone.
    pub(crate) fn admit(
        self: &Arc<Self>,
        remote: IpAddr,
        is_validated: bool,
        now: Instant,
    ) -> (Verdict, Option<Slot>) {
        let origin = Origin::of(remote);
        let mut counts = self.counts();
        let occupancy = Occupancy {
            buffered: self.buffers.taken(),
            ..counts.occupancy(&origin, now)
        };
        let verdict = admission::decide(&self.limits, occupancy, is_validated);
        match verdict {
            Verdict::Accept => {}
            Verdict::Refuse(_) => {
                counts.crowd.answer(&origin, now);
                return (verdict, None);
            }
            Verdict::Retry | Verdict::Ignore(_) => return (verdict, None),
        }
        counts.inbound += 1;
        counts.crowd.enter(&origin, now);
        drop(counts);
        (verdict, Some(self.slot(Kind::Inbound(origin))))
    }

    /// Notes that a handshake that was admitted is complete.
    pub(crate) fn established_inbound(self: &Arc<Self>, origin: Origin) -> Slot {
        let mut counts = self.counts();
        counts.established_inbound += 1;
        counts.crowd.settle(&origin);
        drop(counts);
        self.slot(Kind::EstablishedInbound(origin))
    }

    /// Counts an inbound connection where it has moved to; `moved` is what was returned when it moved before.
    ///
    /// # Errors
    ///
    /// There is no room at its new place. It counts where it came from.
    pub(crate) fn move_inbound(
        self: &Arc<Self>,
        from: Origin,
        to: Origin,
        moved: Option<Slot>,
        now: Instant,
    ) -> Result<Slot, LimitExceeded> {
        drop(moved);
        let mut counts = self.counts();
        counts.crowd.depart(&from);
        let presence = counts.crowd.presence(&to, now);
        let allowed = admission::check_move(&self.limits, &to, &presence);
        counts
            .crowd
            .arrive(if allowed.is_ok() { &to } else { &from });
        drop(counts);
        allowed.map(|()| self.slot(Kind::Moved { from, to }))
    }

    /// Takes room for an attempt to dial and for the connection that it may become.
    pub(crate) fn dial(self: &Arc<Self>) -> Result<[Slot; 2], LimitExceeded> {
        let mut counts = self.counts();
        let all = counts.connections();
        self.limits
            .check(Limit::PendingOutbound, counts.pending_outbound)?;
        self.limits
            .check(Limit::OutboundConnections, counts.outbound)?;
        self.limits.check(Limit::Connections, all)?;
        self.limits.check_room(all, self.buffers.taken())?;
        counts.pending_outbound += 1;
        counts.outbound += 1;
        drop(counts);
        Ok([self.slot(Kind::PendingOutbound), self.slot(Kind::Outbound)])
    }

    pub(crate) fn usage(&self) -> Usage {
        let counts = self.counts();
        Usage {
            inbound_connections: counts.inbound,
            pending_inbound: counts.pending_inbound(),
            inbound_addresses: counts.crowd.addresses(),
            outbound_connections: counts.outbound,
            pending_outbound: counts.pending_outbound,
            negotiating: self.negotiating.load(Ordering::Relaxed),
            streams: self.open_streams(),
            buffered_bytes: set_aside(counts.connections()).saturating_add(self.buffers.taken()),
        }
    }

    /// Returns the limits on buffers that were met since the last call.
    pub(crate) fn refused_buffers(&self) -> impl Iterator<Item = LimitExceeded> + use<> {
        let usage = self.usage();
        let limits = self.limits;
        self.buffers.take_refusals().map(move |refusal| {
            let limit = match refusal {
                BufferRefusal::Each => Limit::BufferedBytesPerConnection,
                BufferRefusal::All => Limit::BufferedBytes,
            };
            let maximum = limits.maximum(limit);
            LimitExceeded {
                limit,
                current: match refusal {
                    BufferRefusal::Each => maximum,
                    BufferRefusal::All => usage.buffered_bytes,
                },
                maximum,
                block: None,
            }
        })
    }

    pub(crate) fn open_streams(&self) -> u32 {
        self.streams.load(Ordering::Acquire)
    }

    /// Returns whether `limit` is worth telling: it was not told since something was given back to it.
    pub(crate) fn is_news(&self, limit: Limit) -> bool {
        self.reported.fetch_or(limit.bit(), Ordering::Relaxed) & limit.bit() == 0
    }

    fn forget_report(&self, limits: &[Limit]) {
        // Almost always nothing was reported, and this is on the path of every stream.
        let reported = self.reported.load(Ordering::Relaxed);
        let bits = limits.iter().fold(0, |bits, limit| bits | limit.bit());
        if reported & bits != 0 {
            self.reported.fetch_and(!bits, Ordering::Relaxed);
        }
    }

    fn slot(self: &Arc<Self>, kind: Kind) -> Slot {
        Slot {
            ledger: self.clone(),
            kind,
        }
    }

    /// Nothing panics while the lock is held.
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn occupancy(&self, origin: &Origin, now: Instant) -> Occupancy {
        Occupancy {
            inbound: self.inbound,
            outbound: self.outbound,
            pending_inbound: self.pending_inbound(),
            buffered: 0,
            origin: *origin,
            presence: self.crowd.presence(origin, now),
        }
    }

    fn connections(&self) -> u32 {
        self.inbound.saturating_add(self.outbound)
    }

    fn pending_inbound(&self) -> u32 {
        self.inbound.saturating_sub(self.established_inbound)
    }
}

impl Tally {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Arc<Self> {
        Arc::new(Self {
            ledger,
            inbound: AtomicU32::new(0),
            outbound: AtomicU32::new(0),
            negotiating: AtomicU32::new(0),
            served: Mutex::default(),
        })
    }

    pub(crate) fn open_streams(&self) -> u32 {
        self.inbound
            .load(Ordering::Relaxed)
            .saturating_add(self.outbound.load(Ordering::Relaxed))
    }

    pub(crate) fn stream(
        self: &Arc<Self>,
        direction: Direction,
    ) -> Result<StreamSlot, LimitExceeded> {
        take(
            self.streams(direction),
            &self.ledger.limits,
            limit_of(direction),
        )?;
        self.ledger.streams.fetch_add(1, Ordering::AcqRel);
        Ok(StreamSlot {
            tally: self.clone(),
            direction,
        })
    }

    pub(crate) fn negotiation(self: &Arc<Self>) -> Result<NegotiationSlot, LimitExceeded> {
        let limits = &self.ledger.limits;
        take(&self.negotiating, limits, Limit::NegotiatingPerConnection)?;
        if let Err(exceeded) = take(&self.ledger.negotiating, limits, Limit::Negotiating) {
            self.negotiating.fetch_sub(1, Ordering::Relaxed);
            return Err(exceeded);
        }
        Ok(NegotiationSlot(self.clone()))
    }

    pub(crate) fn serve(
        self: &Arc<Self>,
        protocol: &Protocol,
    ) -> Result<ProtocolSlot, LimitExceeded> {
        let mut served = self.served();
        let found = served.iter_mut().find(|(it, _)| it == protocol);
        let current = found.as_ref().map_or(0, |(_, count)| *count);
        let limits = &self.ledger.limits;
        limits.check(Limit::InboundStreamsPerProtocol, current)?;
        match found {
            Some((_, count)) => *count = count.saturating_add(1),
            None => served.push((protocol.clone(), 1)),
        }
        drop(served);
        Ok(ProtocolSlot {
            tally: self.clone(),
            protocol: protocol.clone(),
        })
    }

    /// Nothing panics while the lock is held.
    fn served(&self) -> MutexGuard<'_, Vec<(Protocol, u32)>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn streams(&self, direction: Direction) -> &AtomicU32 {
        match direction {
            Direction::Inbound => &self.inbound,
            Direction::Outbound => &self.outbound,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut guard = self.ledger.counts();
        let counts = &mut *guard;
        let mut nothing = 0;
        let (count, limits): (_, &[Limit]) = match self.kind {
            Kind::Inbound(origin) => {
                counts.crowd.leave(&origin);
                (&mut counts.inbound, OF_INBOUND)
            }
            Kind::EstablishedInbound(origin) => {
                counts.crowd.unsettle(&origin);
                (&mut counts.established_inbound, &[])
            }
            Kind::Moved { from, to } => {
                counts.crowd.depart(&to);
                counts.crowd.arrive(&from);
                (&mut nothing, OF_INBOUND)
            }
            Kind::Outbound => (
                &mut counts.outbound,
                &[
                    Limit::OutboundConnections,
                    Limit::Connections,
                    Limit::BufferedBytesPerConnection,
                    Limit::BufferedBytes,
                ],
            ),
            Kind::PendingOutbound => (&mut counts.pending_outbound, &[Limit::PendingOutbound]),
        };
        *count = count.saturating_sub(1);
        drop(guard);
        self.ledger.forget_report(limits);
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let ledger = &self.tally.ledger;
        self.tally
            .streams(self.direction)
            .fetch_sub(1, Ordering::Relaxed);
        ledger.forget_report(&[limit_of(self.direction)]);
        if ledger.streams.fetch_sub(1, Ordering::AcqRel) == 1 {
            ledger.streams_gone.wake();
        }
    }
}

impl Drop for ProtocolSlot {
    fn drop(&mut self) {
        let mut served = self.tally.served();
        let found = served.iter().position(|(it, _)| *it == self.protocol);
        if let Some(index) = found
            && let Some((_, count)) = served.get_mut(index)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                served.swap_remove(index);
            }
        }
        drop(served);
        let ledger = &self.tally.ledger;
        ledger.forget_report(&[Limit::InboundStreamsPerProtocol]);
    }
}

impl Drop for NegotiationSlot {
    fn drop(&mut self) {
        let ledger = &self.0.ledger;
        self.0.negotiating.fetch_sub(1, Ordering::Relaxed);
        ledger.negotiating.fetch_sub(1, Ordering::Relaxed);
        ledger.forget_report(&[Limit::NegotiatingPerConnection, Limit::Negotiating]);
    }
}

fn limit_of(direction: Direction) -> Limit {
    match direction {
        Direction::Inbound => Limit::InboundStreamsPerConnection,
        Direction::Outbound => Limit::OutboundStreamsPerConnection,
    }
}

fn take(count: &AtomicU32, limits: &Limits, limit: Limit) -> Result<(), LimitExceeded> {
    let current = count.fetch_add(1, Ordering::Relaxed);
    limits.check(limit, current).inspect_err(|_| {
        count.fetch_sub(1, Ordering::Relaxed);
    })
}

/// What an inbound connection gives back to. A rate is earned back meanwhile and told of again, too.
const OF_INBOUND: &[Limit] = &[
    Limit::InboundConnections,
    Limit::Connections,
    Limit::PendingInbound,
    Limit::InboundPerAddress,
    Limit::InboundPerPrefix,
    Limit::PendingInboundPerPrefix,
    Limit::InboundRatePerAddress,
    Limit::InboundRatePerPrefix,
    Limit::AnswerRatePerAddress,
    Limit::AnswerRatePerPrefix,
    Limit::BufferedBytesPerConnection,
    Limit::BufferedBytes,
];

#[cfg(test)]
mod tests;
