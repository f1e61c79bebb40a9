//! What is open: connections, listeners, and the tasks behind them.

use std::{
    collections::BTreeMap,
    fmt, mem,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sinew_driver::{Inbox, can_reach};
use sinew_runtime::Watched;

use crate::connection::Shell;

/// What is open on a transport, until it is shut down.
pub(crate) struct Roster {
    open: Mutex<Open>,
    /// How many tasks there are, and whether more may come.
    tasks: Watched<Tasks>,
}

#[derive(Default)]
struct Open {
    is_closed: bool,
    next: u64,
    connections: BTreeMap<u64, Arc<Shell>>,
    listeners: BTreeMap<u64, (SocketAddr, Arc<Inbox>)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tasks {
    count: usize,
    is_closed: bool,
}

/// A task's place in the roster, given back when it is dropped.
pub(crate) struct Entry {
    roster: Arc<Roster>,
    key: u64,
}

/// The transport was shut down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closed;

impl Roster {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            tasks: Watched::default(),
        })
    }

    pub(crate) fn add_connection(self: &Arc<Self>, shell: Arc<Shell>) -> Result<Entry, Closed> {
        self.add(|open, key| drop(open.connections.insert(key, shell)))
    }

    pub(crate) fn add_listener(
        self: &Arc<Self>,
        local: SocketAddr,
        inbox: Arc<Inbox>,
    ) -> Result<Entry, Closed> {
        self.add(|open, key| drop(open.listeners.insert(key, (local, inbox))))
    }

    fn add(self: &Arc<Self>, insert: impl FnOnce(&mut Open, u64)) -> Result<Entry, Closed> {
        let mut open = self.lock();
        if open.is_closed {
            return Err(Closed);
        }
        let key = open.next;
        open.next += 1;
        insert(&mut open, key);
        // Before anyone can find the entry, and without waking: nobody waits for more tasks.
        self.tasks.change(|tasks| {
            tasks.count += 1;
            None::<()>
        });
        drop(open);
        Ok(Entry {
            roster: self.clone(),
            key,
        })
    }

    /// Returns an address that listens and from which `remote` can be dialed, if there is one.
    pub(crate) fn listening(&self, remote: SocketAddr) -> Option<SocketAddr> {
        let open = self.lock();
        let mut locals = open.listeners.values().map(|(local, _)| *local);
        locals.find(|local| can_reach(local.ip(), remote.ip()) && !is_same(*local, remote))
    }

    /// Lets nothing more in, and returns what there is.
    pub(crate) fn close(&self) -> (Vec<Arc<Shell>>, Vec<Arc<Inbox>>) {
        let mut open = self.lock();
        open.is_closed = true;
        let connections = open.connections.values().cloned().collect();
        let listeners = mem::take(&mut open.listeners);
        drop(open);
        self.tasks.change(|tasks| {
            tasks.is_closed = true;
            Some(())
        });
        let inboxes = listeners.into_values().map(|(_, inbox)| inbox);
        (connections, inboxes.collect())
    }

    /// Waits until the transport is shut down.
    pub(crate) async fn closed(&self) {
        let is_closed = |tasks: &Tasks| tasks.is_closed.then_some(());
        self.tasks.wait_for(is_closed).await;
    }

    /// Waits until no task is left.
    pub(crate) async fn emptied(&self) {
        let is_empty = |tasks: &Tasks| (tasks.count == 0).then_some(());
        self.tasks.wait_for(is_empty).await;
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Whether the transport is shut down.
    pub(crate) fn is_closed(&self) -> bool {
        self.roster.lock().is_closed
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut open = self.roster.lock();
        let gone = (
            open.connections.remove(&self.key),
            open.listeners.remove(&self.key),
        );
        drop(open);
        // What a connection owns is other people's code, also when it is dropped.
        drop(gone);
        // Nobody waits for fewer, but for none.
        self.roster.tasks.change(|tasks| {
            tasks.count -= 1;
            (tasks.count == 0).then_some(())
        });
    }
}

/// Whether a socket bound to `local` that dials `remote` would find itself there.
fn is_same(local: SocketAddr, remote: SocketAddr) -> bool {
    let is_host =
        |ip: IpAddr| ip == remote.ip() || ip.is_unspecified() && remote.ip().is_loopback();
    local.port() == remote.port() && is_host(local.ip())
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.lock();
        f.debug_struct("Roster")
            .field("connections", &open.connections.len())
            .field("listeners", &open.listeners.len())
            .finish_non_exhaustive()
    }
}
