//! The connections of a shard, and when each wants to be called.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use sinew_quic_proto::ConnectionHandle;

use crate::connection::Shell;

/// All connections of a shard by handle, and their deadlines in order.
#[derive(Debug, Default)]
pub(super) struct Roster {
    /// Handles count from zero and are used again.
    slots: Vec<Option<Entry>>,
    len: usize,
    /// One entry for each armed connection.
    due: BTreeSet<(Instant, usize)>,
    /// The other ends of handshakes in progress, and how many there are with each.
    handshaking: BTreeMap<SocketAddr, usize>,
    /// When a shard that nobody listens on became idle, and until when it waits.
    lingering: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    shell: Arc<Shell>,
    /// The entry in `due`; never later than the connection's deadline.
    armed: Option<Instant>,
    /// Counted in the roster's `handshaking`.
    handshaking: Option<SocketAddr>,
}

impl Roster {
    /// Adds a connection that shakes hands with `remote`.
    pub(super) fn insert(&mut self, shell: Arc<Shell>, remote: SocketAddr) {
        let index = shell.driver().handle.index();
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        let entry = Entry {
            shell,
            armed: None,
            handshaking: Some(remote),
        };
        if let Some(slot) = self.slots.get_mut(index)
            && slot.replace(entry).is_none()
        {
            self.len += 1;
        }
        let count = self.handshaking.entry(remote).or_insert(0);
        *count = count.saturating_add(1);
        self.lingering = None;
    }

    /// Whether a handshake with `remote` is in progress.
    pub(super) fn is_handshaking(&self, remote: SocketAddr) -> bool {
        self.handshaking.contains_key(&remote)
    }

    /// Notes that a handshake is done.
    pub(super) fn on_established(&mut self, handle: ConnectionHandle) {
        let entry = self.slots.get_mut(handle.index()).and_then(Option::as_mut);
        if let Some(remote) = entry.and_then(|entry| entry.handshaking.take()) {
            self.shook_hands(remote);
        }
    }

    fn shook_hands(&mut self, remote: SocketAddr) {
        if let Some(count) = self.handshaking.get_mut(&remote) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.handshaking.remove(&remote);
            }
        }
    }

    pub(super) fn get(&self, handle: ConnectionHandle) -> Option<&Arc<Shell>> {
        let entry = self.slots.get(handle.index())?.as_ref()?;
        Some(&entry.shell)
    }

    /// Whether this very connection is here; its handle may be another's.
    pub(super) fn has(&self, shell: &Arc<Shell>) -> bool {
        self.get(shell.driver().handle)
            .is_some_and(|it| Arc::ptr_eq(it, shell))
    }

    pub(super) fn remove(&mut self, handle: ConnectionHandle) {
        let Some(entry) = self.slots.get_mut(handle.index()).and_then(Option::take) else {
            return;
        };
        self.len -= 1;
        if let Some(at) = entry.armed {
            self.due.remove(&(at, handle.index()));
        }
        if let Some(remote) = entry.handshaking {
            self.shook_hands(remote);
        }
    }

    /// Notes when a connection wants to be called. Deadlines mostly move away, which costs nothing here: the
    /// early call finds nothing to do and arms it anew.
    pub(super) fn arm(&mut self, handle: ConnectionHandle, deadline: Option<Instant>) {
        let index = handle.index();
        let Some(entry) = self.slots.get_mut(index).and_then(Option::as_mut) else {
            return;
        };
        let Some(deadline) = deadline else { return };
        match entry.armed {
            Some(armed) if armed <= deadline => return,
            Some(armed) => {
                self.due.remove(&(armed, index));
            }
            None => {}
        }
        entry.armed = Some(deadline);
        self.due.insert((deadline, index));
    }

    /// Takes a connection that is due. It has to be armed again.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Arc<Shell>> {
        let (at, index) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        let entry = self.slots.get_mut(index)?.as_mut()?;
        entry.armed = None;
        Some(entry.shell.clone())
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        let connection = self.due.first().map(|(at, _)| *at);
        [connection, self.lingering].into_iter().flatten().min()
    }

    /// Begins to wait for another use, unless it waits already.
    pub(super) fn linger(&mut self, now: Instant, linger: Duration) {
        if self.lingering.is_none() {
            self.lingering = now.checked_add(linger);
        }
    }

    pub(super) fn has_lingered(&self, now: Instant) -> bool {
        self.lingering.is_some_and(|until| until <= now)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Shell>> {
        self.slots.iter().flatten().map(|entry| &entry.shell)
    }

    pub(super) fn take_all(&mut self) -> Vec<Arc<Shell>> {
        self.len = 0;
        self.due.clear();
        self.handshaking.clear();
        let slots = std::mem::take(&mut self.slots);
        slots
            .into_iter()
            .flatten()
            .map(|entry| entry.shell)
            .collect()
    }
}
