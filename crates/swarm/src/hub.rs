//! What the handle, the runner and the connections of a host share.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    task::Waker,
};

use futures_util::task::AtomicWaker;
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_runtime::{Resolver, Runtime, Watched};
use sinew_transport::{
    CloseReason, Connection, ConnectionCode, ConnectionId, Direction, Listener, Protocol, StreamIo,
    Transport,
};
use tokio::sync::Semaphore;
use tracing::debug;

use crate::{
    Config, Event, Limit, LimitExceeded, ListenerId, PathKind, SwarmParameters,
    accounted::Accounted,
    black_holes::{BlackHoles, Evidence},
    broadcast::Broadcast,
    dial::{DialKey, Dialing},
    expiry::Expiry,
    inbound,
    ledger::{Ledger, StreamSlot, Tally},
    listener::{self, Listening},
    live::{Health, Live, Room},
    origin::Origin,
    registry::{Handler, HandlerId, Registry},
    runner::Job,
    table::Table,
    watch::Watch,
};

/// The state of a host. Nothing that crosses it is payload.
///
/// Locks are taken in this order: `state`, then those inside `events` and `ledger`. No waker is called and
/// nothing of a transport is called or dropped while one is held.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) local_peer: PeerId,
    pub(crate) transports: Vec<Arc<dyn Transport>>,
    pub(crate) resolver: Option<Arc<dyn Resolver>>,
    pub(crate) runtime: Runtime,
    pub(crate) config: Config,
    pub(crate) ledger: Arc<Ledger>,
    /// Room for dials of single addresses.
    pub(crate) dial_slots: Arc<Semaphore>,
    /// Room for questions about names.
    pub(crate) lookup_slots: Semaphore,
    pub(crate) events: Broadcast,
    /// Wakes the runner: there are jobs, or the phase has changed.
    pub(crate) runner: AtomicWaker,
    /// Whether the runner has ended.
    pub(crate) done: Watched<bool>,
    black_holes: Mutex<BlackHoles>,
    state: Mutex<State>,
    registry: Mutex<Arc<Registry>>,
    phase: AtomicU8,
}

/// How far a host is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    Running = 0,
    /// Nothing new is begun; open streams may finish.
    Draining = 1,
    /// Nothing is waited for.
    Hurried = 2,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) table: Table<Arc<Live>>,
    pub(crate) dials: BTreeMap<DialKey, Dialing>,
    pub(crate) listeners: BTreeMap<ListenerId, Arc<listener::Shared>>,
    pub(crate) jobs: Vec<Job>,
    last_id: u64,
}

/// Why a connection was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// The peer is this host.
    Ourselves,
    ShuttingDown,
}

/// The locked state. Wakers that are collected meanwhile are called once it is unlocked.
pub(crate) struct Locked<'a> {
    hub: &'a Hub,
    // In this order: fields are dropped from the top.
    state: MutexGuard<'a, State>,
    wakers: Wakers,
}

#[derive(Default)]
struct Wakers(Vec<Waker>);

impl Hub {
    pub(crate) fn new(parameters: SwarmParameters) -> Self {
        let SwarmParameters {
            local_peer,
            transports,
            resolver,
            runtime,
            config,
        } = parameters;
        Self {
            local_peer,
            transports,
            resolver,
            runtime,
            ledger: Ledger::new(config.limits),
            dial_slots: Arc::new(Semaphore::new(config.dial_concurrency.max(1))),
            lookup_slots: Semaphore::new(config.lookups.concurrency.max(1)),
            events: Broadcast::new(config.event_buffer),
            runner: AtomicWaker::new(),
            done: Watched::new(false),
            black_holes: Mutex::new(BlackHoles::new(config.black_hole_detection)),
            state: Mutex::new(State {
                table: Table::new(),
                dials: BTreeMap::new(),
                listeners: BTreeMap::new(),
                jobs: Vec::new(),
                last_id: 0,
            }),
            registry: Mutex::default(),
            phase: AtomicU8::new(Phase::Running as u8),
            config,
        }
    }

    /// Gives the transports what their connections' buffers are taken from.
    pub(crate) fn lend_buffers(self: &Arc<Self>) {
        let buffers = &self.ledger.buffers;
        let hub = Arc::downgrade(self);
        buffers.on_refusal(move || {
            if let Some(hub) = hub.upgrade() {
                hub.runner.wake();
            }
        });
        for transport in &self.transports {
            transport.use_buffers(buffers);
        }
    }

    pub(crate) fn lock(&self) -> Locked<'_> {
        Locked {
            hub: self,
            // Nothing panics while the lock is held.
            state: self.state.lock().unwrap_or_else(PoisonError::into_inner),
            wakers: Wakers::default(),
        }
    }

    pub(crate) fn tell(&self, event: Event) {
        let mut wakers = Wakers::default();
        self.events.publish(&event, &mut wakers.0);
    }

    /// Notes how a dial went, as far as its path is concerned.
    pub(crate) fn record_path(&self, kind: PathKind, evidence: Evidence) {
        let news = self.lock_black_holes().record(kind, evidence);
        if let Some(state) = news {
            debug!(%kind, %state, "path state changed");
            self.tell(Event::PathStateChanged { kind, state });
        }
    }

    pub(crate) fn lock_black_holes(&self) -> MutexGuard<'_, BlackHoles> {
        self.black_holes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn limit_reached(&self, exceeded: LimitExceeded) {
        if self.ledger.is_news(exceeded.limit) {
            debug!(%exceeded, "limit reached");
            self.tell(Event::LimitReached(exceeded));
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.phase.load(Ordering::Acquire) >= Phase::Draining as u8
    }

    pub(crate) fn is_hurried(&self) -> bool {
        self.phase.load(Ordering::Acquire) >= Phase::Hurried as u8
    }

    /// Begins the shutdown, or hurries one that was begun.
    pub(crate) fn close_or_hurry(&self) {
        let hurry = |phase| {
            Some(if phase == 0 {
                Phase::Draining
            } else {
                Phase::Hurried
            } as u8)
        };
        self.phase
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, hurry)
            .ok();
        self.runner.wake();
    }

    pub(crate) fn close_at_once(&self) {
        self.phase.fetch_max(Phase::Hurried as u8, Ordering::AcqRel);
        self.runner.wake();
    }

    /// Returns the transport for an address.
    pub(crate) fn transport(&self, address: &Address) -> Option<&Arc<dyn Transport>> {
        self.transports.iter().find(|it| it.handles(address))
    }

    /// Keeps a new connection, the newest of its peer, and serves its streams.
    ///
    /// A connection that is not kept is closed.
    pub(crate) fn add(
        self: &Arc<Self>,
        connection: Arc<dyn Connection>,
        room: Room,
        dialed: Option<Address>,
    ) -> Result<Arc<Live>, NotKept> {
        let (peer, address) = (connection.peer(), connection.remote_address());
        let direction = room.direction();
        if peer == self.local_peer {
            connection.close(ConnectionCode::GATED, "");
            return Err(NotKept::Ourselves);
        }
        let opened = self.runtime.now();
        let mut state = self.lock();
        if self.is_closing() {
            drop(state);
            connection.close(ConnectionCode::SHUTDOWN, "");
            return Err(NotKept::ShuttingDown);
        }
        let id = ConnectionId(state.next_id());
        let live = Arc::new(Live {
            id,
            peer,
            direction,
            connection,
            dialed,
            opened,
            tally: Tally::new(self.ledger.clone()),
            health: Watched::new(Health::Unconfirmed),
            room: Mutex::new(Some(room)),
        });
        let maximum = self.config.limits.max_connections_per_peer;
        let supplanted = state.table.retire_beyond(peer, maximum as usize).cloned();
        state.table.insert(id, peer, live.clone());
        let watch = Watch::new(live.clone(), self);
        state.jobs.push(Job::Watch(watch));
        state.tell(Event::ConnectionOpened {
            connection: id,
            peer,
            address,
            direction,
            security: live.connection.security(),
        });
        drop(state);
        self.runner.wake();
        if let Some(supplanted) = supplanted {
            self.limit_reached(LimitExceeded {
                limit: Limit::ConnectionsPerPeer,
                current: maximum.into(),
                maximum: maximum.into(),
                block: None,
            });
            supplanted.connection.close(ConnectionCode::SUPPLANTED, "");
        }
        live.connection.set_acceptor(inbound::acceptor(self, &live));
        debug!(%peer, connection = %id, ?direction, "connection opened");
        Ok(live)
    }

    /// Counts a connection where its peer has moved to, or closes it when there is no room.
    pub(crate) fn moved(&self, live: &Live, to: &Address) {
        let to = to.ip().map(Origin::of).unwrap_or_default();
        let now = self.runtime.now();
        let moved = live.with_room(|room| match room {
            Room::Outbound { .. } => Ok(()),
            Room::Inbound(room) => {
                let before = room.moved.take();
                let slot = self.ledger.move_inbound(room.origin, to, before, now)?;
                room.moved = Some(slot);
                Ok(())
            }
        });
        if let Some(Err(exceeded)) = moved {
            self.limit_reached(exceeded);
            live.connection
                .close(ConnectionCode::RESOURCE_LIMIT_EXCEEDED, "");
        }
    }

    pub(crate) fn confirmed(&self, live: &Live) {
        let news = live.health.change(|health| {
            let is_news = matches!(health, Health::Unconfirmed);
            is_news.then(|| *health = Health::Confirmed)
        });
        if news.is_some() {
            self.tell(Event::ConnectionConfirmed {
                connection: live.id,
                peer: live.peer,
            });
        }
    }

    /// Forgets a connection that is over.
    pub(crate) fn closed(&self, live: &Live, reason: CloseReason) {
        live.end(reason.clone());
        let mut state = self.lock();
        let removed = state.table.remove(live.id);
        if removed.is_some() {
            let remaining = state.table.count(live.peer);
            debug!(peer = %live.peer, connection = %live.id, %reason, "connection closed");
            state.tell(Event::ConnectionClosed {
                connection: live.id,
                peer: live.peer,
                reason,
                remaining,
            });
        }
        drop(state);
        drop(removed);
    }

    /// Returns the newest connection of `peer` that is not over, nor the one that is `except`ed. If the peer does
    /// not answer on it, but on another, returns that.
    pub(crate) fn newest(&self, peer: PeerId, except: Option<ConnectionId>) -> Option<Arc<Live>> {
        let (newest, others) = loop {
            let state = self.lock();
            let mut of_peer = state.table.of(peer).filter(|live| Some(live.id) != except);
            let newest = of_peer.next()?.clone();
            let others: Vec<_> = of_peer.cloned().collect();
            drop(state);
            if !newest.is_over() {
                break (newest, others);
            }
            // Its end will be told in its turn; it is not to be found again before.
            self.lock().table.retire(newest.id);
        };
        if others.is_empty() || self.is_answering(&newest) {
            return Some(newest);
        }
        let better = |live: &Arc<Live>| !live.is_over() && self.is_answering(live);
        Some(others.into_iter().find(better).unwrap_or(newest))
    }

    /// Returns whether the peer answers on a connection, as far as is known.
    pub(crate) fn is_answering(&self, live: &Live) -> bool {
        live.is_answering(self.runtime.now())
    }

    /// Takes new streams away from the connections of `peer`, and returns them.
    pub(crate) fn retire(&self, peer: PeerId) -> Vec<Arc<Live>> {
        let mut state = self.lock();
        let of_peer: Vec<_> = state
            .table
            .iter()
            .filter(|live| live.peer == peer)
            .cloned()
            .collect();
        for live in &of_peer {
            state.table.retire(live.id);
        }
        of_peer
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<Arc<Live>> {
        self.lock().table.get(id).cloned()
    }

    /// Returns all connections, in the order in which they were opened.
    pub(crate) fn connections(&self) -> Vec<Arc<Live>> {
        self.lock().table.iter().cloned().collect()
    }

    /// Adds a listener, or returns `None` when the host is shutting down.
    pub(crate) fn add_listener(
        self: &Arc<Self>,
        listener: Box<dyn Listener>,
    ) -> Option<Arc<listener::Shared>> {
        let address = listener.address().without_peer();
        let mut state = self.lock();
        if self.is_closing() {
            drop(state);
            return None;
        }
        let id = ListenerId(state.next_id());
        let shared = listener::Shared::new(id, address.clone());
        state.listeners.insert(id, shared.clone());
        let listening = Listening::new(shared.clone(), listener, self);
        state.jobs.push(Job::Listen(listening));
        state.tell(Event::ListeningOn {
            listener: id,
            address,
        });
        drop(state);
        self.runner.wake();
        Some(shared)
    }

    pub(crate) fn listener_closed(&self, shared: &listener::Shared) {
        let mut state = self.lock();
        if state.listeners.remove(&shared.id).is_some() {
            state.tell(Event::ListenerClosed {
                listener: shared.id,
                address: shared.address.clone(),
            });
        }
    }

    /// Wraps a transport's stream so that it is counted and held to its time limits.
    pub(crate) fn account(&self, io: Box<dyn StreamIo>, slot: StreamSlot) -> Box<dyn StreamIo> {
        let expiry = Expiry::new(&self.config, &self.runtime);
        Box::new(Accounted::new(io, expiry, slot))
    }

    /// Takes room for an outbound stream.
    pub(crate) fn outbound_slot(&self, live: &Live) -> Result<StreamSlot, LimitExceeded> {
        live.tally
            .stream(Direction::Outbound)
            .inspect_err(|exceeded| self.limit_reached(*exceeded))
    }

    pub(crate) fn registry(&self) -> Arc<Registry> {
        self.lock_registry().clone()
    }

    pub(crate) fn serve(&self, protocol: Protocol, handler: Handler) {
        let mut registry = self.lock_registry();
        let mut next = Registry::clone(&registry);
        next.insert(protocol, handler);
        let previous = std::mem::replace(&mut *registry, Arc::new(next));
        drop(registry);
        drop(previous);
        self.tell(Event::ProtocolsChanged);
    }

    /// Returns whether there was a handler to remove; with `only`, whether it was this one.
    pub(crate) fn stop_serving(&self, protocol: &str, only: Option<&HandlerId>) -> bool {
        let mut registry = self.lock_registry();
        let mut next = Registry::clone(&registry);
        let removed = next.remove(protocol, only);
        if removed.is_none() {
            return false;
        }
        let previous = std::mem::replace(&mut *registry, Arc::new(next));
        drop(registry);
        // With the last handle to a handler goes what it captured, which may be anything.
        drop(previous);
        drop(removed);
        self.tell(Event::ProtocolsChanged);
        true
    }

    fn lock_registry(&self) -> MutexGuard<'_, Arc<Registry>> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl Locked<'_> {
    /// Tells `event`, in the order in which the state changes.
    pub(crate) fn tell(&mut self, event: Event) {
        self.hub.events.publish(&event, &mut self.wakers.0);
    }
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Wakers {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}
