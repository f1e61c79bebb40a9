//! Who is being served, and how many more can be.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sinew_identity::PeerId;

/// The places of a server. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// No entry is zero.
    by_peer: BTreeMap<PeerId, usize>,
}

/// One place of one peer, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    peer: PeerId,
    places: Places,
}

/// Which places are all taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    ForPeer,
    ForAll,
}

impl Places {
    pub(crate) fn take(&self, peer: PeerId, per_peer: usize, all: usize) -> Result<Place, Full> {
        let mut taken = self.lock();
        let count = taken.by_peer.get(&peer).copied().unwrap_or_default();
        if count >= per_peer {
            return Err(Full::ForPeer);
        }
        if taken.all >= all {
            return Err(Full::ForAll);
        }
        taken.all += 1;
        taken.by_peer.insert(peer, count + 1);
        Ok(Place {
            peer,
            places: self.clone(),
        })
    }

    pub(crate) fn taken(&self) -> usize {
        self.lock().all
    }

    /// Each change is complete in itself, so a panic elsewhere harms nothing.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all -= 1;
        match taken.by_peer.get_mut(&self.peer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.by_peer.remove(&self.peer)),
        }
    }
}
