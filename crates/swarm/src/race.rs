//! Dials the addresses of one peer until one of them answers.

use std::{
    collections::BTreeSet,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, Stream},
};
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_runtime::Timer;
use sinew_transport::{CloseReason, Connection, ConnectionCode, Dial, DialError, Phase, PortUse};

use crate::{
    AllFailed, ConnectError, Connected, DialFailure, Event, FailedDial,
    candidate::Candidate,
    detour::Detour,
    dial::DialEntry,
    dial_plan::DialPlan,
    hub::{Hub, NotKept},
    ledger::Slot,
    live::Room,
    lookups::Lookups,
    resolution::Found,
};

/// One attempt: the first connection wins, the other dials are dropped, every failure is kept.
pub(crate) struct Race {
    entry: DialEntry,
    room: Option<Slot>,
    _pending: Slot,
    /// What was taken in, names and addresses; it is bounded.
    known: BTreeSet<Address>,
    lookups: Lookups,
    plan: DialPlan,
    detour: Detour,
    began: Instant,
    running: FuturesUnordered<BoxFuture<'static, Dialed>>,
    failed: Vec<FailedDial>,
    timer: Option<Box<dyn Timer>>,
}

struct Dialed {
    candidate: Candidate,
    elapsed: Duration,
    outcome: Result<Arc<dyn Connection>, DialFailure>,
}

type Outcome = Result<Connected, ConnectError>;

impl Race {
    pub(crate) fn new(entry: DialEntry, [pending, room]: [Slot; 2]) -> Self {
        let hub = &entry.hub;
        let began = hub.runtime.now();
        Self {
            room: Some(room),
            _pending: pending,
            known: BTreeSet::new(),
            lookups: Lookups::new(hub.clone(), began),
            plan: DialPlan::new(hub.config.dial_delays),
            detour: Detour::new(hub.clone()),
            began,
            running: FuturesUnordered::new(),
            failed: Vec::new(),
            timer: None,
            entry,
        }
    }

    fn hub(&self) -> &Arc<Hub> {
        &self.entry.hub
    }

    fn peer(&self) -> Option<PeerId> {
        self.entry.key.peer()
    }

    /// Returns how long the attempt has lasted.
    fn elapsed(&self) -> Duration {
        let now = self.hub().runtime.now();
        now.saturating_duration_since(self.began)
    }

    /// Takes in the addresses that callers brought.
    fn take_in(&mut self) {
        for address in self.entry.take_inbox() {
            if !address.needs_lookup() {
                self.plan(address.into());
            } else if self.is_new(&address) {
                self.lookups.add(address);
            }
        }
    }

    /// Says whether an address is not known yet and there is room for it, and notes it.
    fn is_new(&mut self, address: &Address) -> bool {
        let maximum = self.hub().config.max_addresses_per_dial;
        self.known.len() < maximum && self.known.insert(address.clone())
    }

    /// Takes in what became of names.
    fn take_found(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(found)) = self.lookups.poll_found(cx) {
            match found {
                Found::Candidate(candidate) => self.plan(candidate),
                Found::Failed(failed) => self.failed.push(failed),
            }
        }
    }

    /// Gives an address its place, unless it is known or it is clear that it cannot be dialed.
    fn plan(&mut self, candidate: Candidate) {
        if !self.is_new(&candidate.address) {
            return;
        }
        match check(self.hub(), &candidate.address) {
            Ok(()) => {
                if let Some(candidate) = self.detour.admit(candidate) {
                    self.plan.insert(candidate);
                }
            }
            Err(error) => self.failed.push(candidate.failed(Duration::ZERO, error)),
        }
    }

    /// Starts the dials whose time has come, and the next one in any case when none is running.
    fn start_due(&mut self) {
        let now = self.elapsed();
        for candidate in self.detour.release() {
            self.plan.insert(candidate);
        }
        loop {
            let next = if self.running.is_empty() {
                self.plan.take_next(now)
            } else {
                self.plan.take_due(now)
            };
            let Some(candidate) = next else {
                return;
            };
            let peer = self.expected(&candidate);
            self.detour.on_started(&candidate.address);
            let dial = dial(self.hub().clone(), candidate, peer);
            self.running.push(Box::pin(dial));
        }
    }

    /// Returns who has to be there: a record may name a peer where the caller did not.
    fn expected(&self, candidate: &Candidate) -> Option<PeerId> {
        self.peer().or(candidate.address.peer_id())
    }

    /// Returns how the attempt ends, if this dial ends it.
    fn on_dialed(&mut self, dialed: Dialed) -> Option<Outcome> {
        let Dialed {
            candidate,
            elapsed,
            outcome,
        } = dialed;
        let expected = self.expected(&candidate);
        match outcome.and_then(|connection| expect(expected, connection)) {
            Ok(connection) => {
                self.detour.on_won(&candidate.address);
                self.keep(connection, candidate.address)
            }
            Err(error) => {
                self.detour.on_failed(&candidate.address, &error);
                self.failed.push(candidate.failed(elapsed, error));
                None
            }
        }
    }

    fn keep(&mut self, connection: Arc<dyn Connection>, dialed: Address) -> Option<Outcome> {
        let room = Room::Outbound {
            slot: self.room.take()?,
        };
        let peer = connection.peer();
        // Who asks for the same name again means the same connection.
        let dialed = self.entry.key.address().cloned().unwrap_or(dialed);
        Some(match self.hub().add(connection, room, Some(dialed)) {
            Ok(live) => Ok(Connected::new(&live)),
            Err(NotKept::ShuttingDown) => Err(ConnectError::ShuttingDown),
            Err(NotKept::Ourselves) => Err(self.tell(ConnectError::DialedSelf { peer })),
        })
    }

    /// Returns why the attempt failed, unless a caller has brought more addresses.
    fn give_up(&mut self) -> Option<Outcome> {
        if !self.entry.try_end() {
            return None;
        }
        self.failed.extend(self.detour.skipped());
        let error = AllFailed {
            peer: self.peer(),
            attempts: std::mem::take(&mut self.failed).into(),
        };
        Some(Err(self.tell(error.into())))
    }

    fn tell(&self, error: ConnectError) -> ConnectError {
        self.hub().tell(Event::DialFailed {
            peer: self.peer(),
            error: error.clone(),
        });
        error
    }

    /// Waits until the next dial is due.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.plan.next_due() else {
            return Poll::Pending;
        };
        let clock = self.entry.hub.runtime.clock();
        let timer = self.timer.get_or_insert_with(|| clock.timer());
        // A time too far away to be represented never comes.
        timer.set(self.began.checked_add(due));
        timer.poll_expired(cx)
    }
}

impl Future for Race {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let this = &mut *self;
        this.entry.waker.register(cx.waker());
        loop {
            if this.hub().is_closing() {
                return Poll::Ready(Err(ConnectError::ShuttingDown));
            }
            this.take_in();
            this.take_found(cx);
            this.start_due();
            match Pin::new(&mut this.running).poll_next(cx) {
                Poll::Ready(Some(dialed)) => {
                    if let Some(outcome) = this.on_dialed(dialed) {
                        return Poll::Ready(outcome);
                    }
                }
                Poll::Ready(None) if this.lookups.is_idle() => {
                    if let Some(outcome) = this.give_up() {
                        return Poll::Ready(outcome);
                    }
                }
                // Nothing is dialed while nothing is found.
                Poll::Ready(None) => return Poll::Pending,
                Poll::Pending => ready!(this.poll_due(cx)),
            }
        }
    }
}

/// Dials one address when there is room for it.
async fn dial(hub: Arc<Hub>, candidate: Candidate, peer: Option<PeerId>) -> Dialed {
    // The semaphore is never closed.
    let _slot = hub.dial_slots.clone().acquire_owned().await.ok();
    let started = hub.runtime.now();
    let outcome = dial_now(&hub, candidate.address.clone(), peer).await;
    let elapsed = hub.runtime.now().saturating_duration_since(started);
    Dialed {
        candidate,
        elapsed,
        outcome,
    }
}

async fn dial_now(
    hub: &Hub,
    address: Address,
    peer: Option<PeerId>,
) -> Result<Arc<dyn Connection>, DialFailure> {
    let Some(transport) = hub.transport(&address) else {
        return Err(DialError::Unsupported { address }.into());
    };
    let dial = transport.dial(Dial {
        address,
        peer,
        port: PortUse::default(),
    });
    let after = hub.config.dial_timeout;
    match hub.runtime.timeout(after, dial).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(DialFailure::TimedOut { after }),
    }
}

/// Says whether an address can be dialed at all, so that one that cannot takes no place in the race.
fn check(hub: &Hub, address: &Address) -> Result<(), DialFailure> {
    address.check_dial()?;
    if address.peer_id() == Some(hub.local_peer) {
        return Err(DialFailure::Ourselves);
    }
    if hub.transport(address).is_none() {
        let address = address.clone();
        return Err(DialError::Unsupported { address }.into());
    }
    Ok(())
}

/// Closes a connection to somebody else: a transport may be unable to pin the peer.
fn expect(
    expected: Option<PeerId>,
    connection: Arc<dyn Connection>,
) -> Result<Arc<dyn Connection>, DialFailure> {
    let actual = connection.peer();
    match expected {
        Some(expected) if expected != actual => {
            connection.close(ConnectionCode::NO_ERROR, "");
            let reason = CloseReason::WrongPeer { expected, actual };
            let phase = Phase::Handshake;
            Err(DialError::Failed { phase, reason }.into())
        }
        _ => Ok(connection),
    }
}
