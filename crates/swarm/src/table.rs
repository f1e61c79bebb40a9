//! The connections by number and by peer, and which of a peer's is used: pure.

use std::collections::BTreeMap;

use sinew_identity::PeerId;
use sinew_transport::ConnectionId;

/// What is known by connection, for any kind of record.
///
/// New streams of a peer go to its newest connection: when a peer comes again, it may have restarted, and the
/// older connection be dead without our knowing. Connections that both sides made at the same moment are both
/// kept.
#[derive(Debug)]
pub(crate) struct Table<T> {
    by_id: BTreeMap<ConnectionId, (PeerId, T)>,
    /// Those that take new streams, oldest first; no entry is empty.
    by_peer: BTreeMap<PeerId, Vec<ConnectionId>>,
}

impl<T> Table<T> {
    pub(crate) fn new() -> Self {
        Self {
            by_id: BTreeMap::new(),
            by_peer: BTreeMap::new(),
        }
    }

    /// Adds the newest connection of `peer`.
    pub(crate) fn insert(&mut self, id: ConnectionId, peer: PeerId, record: T) {
        self.by_id.insert(id, (peer, record));
        self.by_peer.entry(peer).or_default().push(id);
    }

    /// Takes new streams away from the oldest connection of `peer` if it has `maximum` or more.
    pub(crate) fn retire_beyond(&mut self, peer: PeerId, maximum: usize) -> Option<&T> {
        let ids = self.by_peer.get(&peer)?;
        if ids.len() < maximum.max(1) {
            return None;
        }
        let oldest = *ids.first()?;
        self.retire(oldest);
        self.get(oldest)
    }

    /// Takes new streams away from a connection, which is kept until it is removed.
    pub(crate) fn retire(&mut self, id: ConnectionId) {
        let Some((peer, _)) = self.by_id.get(&id) else {
            return;
        };
        if let Some(ids) = self.by_peer.get_mut(peer) {
            ids.retain(|it| *it != id);
            if ids.is_empty() {
                self.by_peer.remove(peer);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<T> {
        self.retire(id);
        self.by_id.remove(&id).map(|(_, record)| record)
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<&T> {
        self.by_id.get(&id).map(|(_, record)| record)
    }

    /// Returns the connections of `peer` that take new streams, newest first.
    pub(crate) fn of(&self, peer: PeerId) -> impl Iterator<Item = &T> {
        let ids = self.by_peer.get(&peer).map_or(&[][..], Vec::as_slice);
        ids.iter().rev().filter_map(|id| self.get(*id))
    }

    pub(crate) fn count(&self, peer: PeerId) -> usize {
        self.by_peer.get(&peer).map_or(0, Vec::len)
    }

    /// Returns the peers that have connections which take new streams.
    pub(crate) fn peers(&self) -> impl Iterator<Item = PeerId> {
        self.by_peer.keys().copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.by_id.values().map(|(_, record)| record)
    }
}

#[cfg(test)]
mod tests;
