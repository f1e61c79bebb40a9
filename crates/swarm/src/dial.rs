//! One attempt per peer, however many callers wait for it.

use std::{fmt, sync::Arc};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
    task::AtomicWaker,
};
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_transport::ConnectionId;

use crate::{ConnectError, hub::Hub, live::Live, race::Race};

/// A connection that was made or found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connected {
    /// Who is at the other end.
    pub peer: PeerId,
    /// The connection.
    pub connection: ConnectionId,
    /// Where the other end is.
    pub address: Address,
}

/// What an attempt is for; there is at most one for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DialKey {
    Peer(PeerId),
    /// Whoever is there.
    Address(Address),
}

/// The future that all callers share. They poll it themselves; with the last of them it is dropped, and with it
/// every dial, permit and the entry in the hub.
type Attempt = BoxFuture<'static, Result<Connected, ConnectError>>;

/// An attempt as the hub knows it.
pub(crate) struct Dialing {
    number: u64,
    attempt: WeakShared<Attempt>,
    /// Addresses that later callers brought.
    pub(crate) inbox: Vec<Address>,
    /// Wakes the attempt: there are addresses, or the host shuts down.
    pub(crate) waker: Arc<AtomicWaker>,
}

/// Removes an attempt from the hub when it is dropped.
pub(crate) struct DialEntry {
    pub(crate) hub: Arc<Hub>,
    pub(crate) key: DialKey,
    pub(crate) waker: Arc<AtomicWaker>,
    number: u64,
}

impl DialKey {
    /// Returns who is dialed, if that is known.
    pub(crate) fn peer(&self) -> Option<PeerId> {
        match self {
            Self::Peer(peer) => Some(*peer),
            Self::Address(_) => None,
        }
    }

    /// Returns the address that is dialed, whoever is there.
    pub(crate) fn address(&self) -> Option<&Address> {
        match self {
            Self::Peer(_) => None,
            Self::Address(address) => Some(address),
        }
    }
}

impl Connected {
    pub(crate) fn new(live: &Live) -> Self {
        Self {
            peer: live.peer,
            connection: live.id,
            address: live.connection.remote_address().without_peer(),
        }
    }
}

impl Hub {
    /// Finds a connection, joins the attempt that is in progress, or begins one.
    ///
    /// A connection whose peer does not answer is not found, but it is better than nothing: it stays, is dialed
    /// beside, and may still come to life.
    pub(crate) async fn connect(
        self: &Arc<Self>,
        key: DialKey,
        mut addresses: Vec<Address>,
    ) -> Result<Connected, ConnectError> {
        let (attempt, silent) = loop {
            let found = self.find(&key);
            if let Some(live) = &found
                && self.is_answering(live)
            {
                return Ok(Connected::new(live));
            }
            if let Some(silent) = &found
                && addresses.is_empty()
            {
                match &silent.dialed {
                    Some(dialed) => addresses.push(dialed.clone().with_peer(silent.peer)),
                    None => return Ok(Connected::new(silent)),
                }
            }
            let silent = found.as_ref().map(|live| live.id);
            if let Some(attempt) = self.join_or_begin(&key, &addresses, silent)? {
                break (attempt, found);
            }
        };
        let outcome = attempt.await;
        match silent {
            Some(live) if outcome.is_err() && !live.is_over() && self.is_answering(&live) => {
                Ok(Connected::new(&live))
            }
            _ => outcome,
        }
    }

    fn find(&self, key: &DialKey) -> Option<Arc<Live>> {
        match key {
            DialKey::Peer(peer) => self.newest(*peer, None),
            DialKey::Address(address) => {
                let leads_there = |live: &Arc<Live>| live.dialed.as_ref() == Some(address);
                let found = self.connections().into_iter().rev().find(leads_there)?;
                (!found.is_over()).then_some(found)
            }
        }
    }

    /// Returns `None` when there is a connection after all, another than the `silent` one.
    fn join_or_begin(
        self: &Arc<Self>,
        key: &DialKey,
        addresses: &[Address],
        silent: Option<ConnectionId>,
    ) -> Result<Option<Shared<Attempt>>, ConnectError> {
        let mut state = self.lock();
        if self.is_closing() {
            return Err(ConnectError::ShuttingDown);
        }
        let newest = key.peer().and_then(|peer| state.table.of(peer).next());
        if newest.is_some_and(|live| Some(live.id) != silent) {
            return Ok(None);
        }
        if let Some(dialing) = state.dials.get_mut(key)
            && let Some(attempt) = dialing.attempt.upgrade()
        {
            let room = (self.config.max_addresses_per_dial).saturating_sub(dialing.inbox.len());
            dialing.inbox.extend(addresses.iter().take(room).cloned());
            let waker = dialing.waker.clone();
            drop(state);
            waker.wake();
            return Ok(Some(attempt));
        }
        if let (Some(peer), true) = (key.peer(), addresses.is_empty()) {
            return Err(ConnectError::NoAddress { peer });
        }
        let slots = match self.ledger.dial() {
            Ok(slots) => slots,
            Err(exceeded) => {
                drop(state);
                self.limit_reached(exceeded);
                return Err(exceeded.into());
            }
        };
        let entry = DialEntry {
            hub: self.clone(),
            key: key.clone(),
            waker: Arc::default(),
            number: state.next_id(),
        };
        let (number, waker) = (entry.number, entry.waker.clone());
        let race = Race::new(entry, slots);
        let attempt = race.boxed().shared();
        let weak = attempt.downgrade();
        if let Some(weak) = weak {
            let dialing = Dialing {
                number,
                attempt: weak,
                inbox: addresses.to_vec(),
                waker,
            };
            state.dials.insert(key.clone(), dialing);
        }
        Ok(Some(attempt))
    }
}

impl DialEntry {
    /// Takes the addresses that callers brought.
    pub(crate) fn take_inbox(&self) -> Vec<Address> {
        let mut state = self.hub.lock();
        match state.dials.get_mut(&self.key) {
            Some(dialing) if dialing.number == self.number => std::mem::take(&mut dialing.inbox),
            _ => Vec::new(),
        }
    }

    /// Lets no more callers join, unless one has just brought addresses; returns whether it did so.
    pub(crate) fn try_end(&self) -> bool {
        let mut state = self.hub.lock();
        let Some(dialing) = state.dials.get(&self.key) else {
            return true;
        };
        if dialing.number != self.number {
            return true;
        }
        if !dialing.inbox.is_empty() {
            return false;
        }
        let removed = state.dials.remove(&self.key);
        drop(state);
        drop(removed);
        true
    }
}

impl Drop for DialEntry {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        let is_ours = |dialing: &Dialing| dialing.number == self.number;
        let removed = if state.dials.get(&self.key).is_some_and(is_ours) {
            state.dials.remove(&self.key)
        } else {
            None
        };
        drop(state);
        drop(removed);
    }
}

impl fmt::Debug for Dialing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialing")
            .field("number", &self.number)
            .field("inbox", &self.inbox)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
