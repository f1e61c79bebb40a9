//! What peers said about themselves.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sinew_identify::Info;
use sinew_identity::PeerId;
use tokio::sync::broadcast;

use super::PeerIdentified;

/// What the connected peers said about themselves; bounded by the limits on connections and on what one peer
/// may say.
#[derive(Debug)]
pub(crate) struct Known {
    infos: Mutex<BTreeMap<PeerId, Arc<Info>>>,
    news: broadcast::Sender<PeerIdentified>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            infos: Mutex::default(),
            news: broadcast::Sender::new(NEWS),
        }
    }
}

impl Known {
    pub(crate) fn get(&self, peer: PeerId) -> Option<Arc<Info>> {
        self.lock().get(&peer).cloned()
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<PeerIdentified> {
        self.news.subscribe()
    }

    /// Takes the answer of a peer that was asked.
    pub(crate) fn replace(
        &self,
        peer: PeerId,
        info: Info,
        is_connected: impl FnOnce() -> bool,
    ) -> Arc<Info> {
        let info = Arc::new(info);
        self.lock().insert(peer, info.clone());
        self.inserted(peer, info.clone(), is_connected);
        info
    }

    /// Takes what a peer said by itself; what it did not mention stays as it was.
    pub(crate) fn update(&self, peer: PeerId, push: Info, is_connected: impl FnOnce() -> bool) {
        let mut infos = self.lock();
        let info = infos.entry(peer).or_default();
        Arc::make_mut(info).update(push);
        let info = info.clone();
        drop(infos);
        self.inserted(peer, info, is_connected);
    }

    /// Forgets a peer that is gone.
    pub(crate) fn forget(&self, peer: PeerId) {
        self.lock().remove(&peer);
    }

    /// Forgets all peers that are gone.
    pub(crate) fn forget_all_but(&self, is_connected: impl Fn(PeerId) -> bool) {
        self.lock().retain(|peer, _| is_connected(*peer));
    }

    /// Asked after the entry is there: an end that is told later removes it.
    fn inserted(&self, peer: PeerId, info: Arc<Info>, is_connected: impl FnOnce() -> bool) {
        if !is_connected() {
            self.forget(peer);
        }
        // Nobody may be interested.
        self.news.send(PeerIdentified { peer, info }).ok();
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<PeerId, Arc<Info>>> {
        self.infos.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What waits for a reader that is slow. 256: with 64 KiB at most from each peer, and most say 1 KiB.
const NEWS: usize = 256;
