//! A transport that counts, and that hangs and fails as told.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_transport::{
    Acceptor, CloseReason, Connection, ConnectionCode, ConnectionEvent, ConnectionStats, Dial,
    DialError, Gate, ListenError, Listener, Phase, Role, Security, StreamIo, Transport,
    memory::MemoryTransport,
};
use tokio::{sync::Semaphore, time::Instant};

/// How a dial of an address goes.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// Nobody answers.
    Silent,
    /// The handshake fails.
    Refused,
    /// Whoever is there is let through.
    Unpinned,
    /// As usual, once there is a permit.
    Held(Arc<Semaphore>),
    /// The address, of whatever kind, leads to a listener; the handshake takes this long.
    Leads(Address, Duration),
}

/// The in-memory transport of one host, with counters.
#[derive(Clone, Debug)]
pub(crate) struct Lab {
    memory: MemoryTransport,
    ways: Arc<Mutex<BTreeMap<Address, Way>>>,
    pub(crate) counts: Arc<Counts>,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// The dials that were begun, and when.
    pub(crate) begun: Mutex<Vec<(Address, Instant)>>,
    /// Dials whose futures exist.
    pub(crate) alive: AtomicUsize,
    /// Most dials whose futures existed at once.
    pub(crate) most_alive: AtomicUsize,
    /// Polls for events of dialed connections.
    pub(crate) event_polls: AtomicUsize,
    /// By number of the dial, since when a connection's peer has owed an answer.
    silences: Mutex<BTreeMap<usize, Duration>>,
}

struct Alive(Arc<Counts>);

#[derive(Debug)]
struct Counted {
    /// Of the dial that made it.
    number: usize,
    connection: Arc<dyn Connection>,
    counts: Arc<Counts>,
}

impl Lab {
    pub(crate) fn new(memory: MemoryTransport) -> Self {
        Self {
            memory,
            ways: Arc::default(),
            counts: Arc::default(),
        }
    }

    pub(crate) fn set(&self, address: &Address, way: Way) {
        let address = address.clone().without_peer();
        self.ways.lock().unwrap().insert(address, way);
    }

    /// From now on the peer of a dialed connection seems to have owed an answer for so long.
    pub(crate) fn silence(&self, number: usize, silence: Duration) {
        self.counts.silences.lock().unwrap().insert(number, silence);
    }

    pub(crate) fn dials(&self) -> usize {
        self.counts.begun.lock().unwrap().len()
    }

    /// Returns the dials that were begun, with the time from `start` on.
    pub(crate) fn begun_since(&self, start: Instant) -> Vec<(String, Duration)> {
        let begun = self.counts.begun.lock().unwrap();
        let since = |(address, when): &(Address, Instant)| (address.to_string(), *when - start);
        begun.iter().map(since).collect()
    }

    pub(crate) fn alive(&self) -> usize {
        self.counts.alive.load(Ordering::SeqCst)
    }
}

impl Transport for Lab {
    fn name(&self) -> &'static str {
        "lab"
    }

    fn handles(&self, address: &Address) -> bool {
        let place = address.clone().without_peer();
        self.memory.handles(address) || self.ways.lock().unwrap().contains_key(&place)
    }

    fn dial(&self, mut dial: Dial) -> BoxFuture<'static, Result<Arc<dyn Connection>, DialError>> {
        let place = dial.address.clone().without_peer();
        let number = {
            let mut begun = self.counts.begun.lock().unwrap();
            begun.push((place.clone(), Instant::now()));
            begun.len() - 1
        };
        let alive = Alive::new(&self.counts);
        let ways = self.ways.lock().unwrap();
        let (way, memory) = (ways.get(&place).cloned(), self.memory.clone());
        Box::pin(async move {
            match way {
                Some(Way::Silent) => pending().await,
                Some(Way::Refused) => {
                    let reason = CloseReason::Remote {
                        code: ConnectionCode::GATED,
                        reason: "go away".into(),
                    };
                    let phase = Phase::Handshake;
                    return Err(DialError::Failed { phase, reason });
                }
                Some(Way::Unpinned) => dial.peer = None,
                Some(Way::Held(gate)) => gate.acquire().await.unwrap().forget(),
                Some(Way::Leads(listener, after)) => {
                    tokio::time::sleep(after).await;
                    dial.address = listener;
                }
                None => {}
            }
            let counts = alive.0.clone();
            let connection = memory.dial(dial).await?;
            drop(alive);
            let counted = Counted {
                number,
                connection,
                counts,
            };
            Ok(Arc::new(counted) as Arc<dyn Connection>)
        })
    }

    fn listen(
        &self,
        address: Address,
        gate: Arc<dyn Gate>,
    ) -> BoxFuture<'static, Result<Box<dyn Listener>, ListenError>> {
        self.memory.listen(address, gate)
    }

    fn shutdown(&self) -> BoxFuture<'static, ()> {
        self.memory.shutdown()
    }
}

impl Alive {
    fn new(counts: &Arc<Counts>) -> Self {
        let alive = counts.alive.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most_alive.fetch_max(alive, Ordering::SeqCst);
        Self(counts.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Connection for Counted {
    fn peer(&self) -> PeerId {
        self.connection.peer()
    }

    fn role(&self) -> Role {
        self.connection.role()
    }

    fn local_address(&self) -> Address {
        self.connection.local_address()
    }

    fn remote_address(&self) -> Address {
        self.connection.remote_address()
    }

    fn security(&self) -> Security {
        self.connection.security()
    }

    fn open(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>> {
        self.connection.open()
    }

    fn accept(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>> {
        self.connection.accept()
    }

    fn set_acceptor(&self, acceptor: Acceptor) {
        self.connection.set_acceptor(acceptor);
    }

    fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<ConnectionEvent>> {
        self.counts.event_polls.fetch_add(1, Ordering::SeqCst);
        self.connection.poll_event(cx)
    }

    fn close(&self, code: ConnectionCode, reason: &str) {
        self.connection.close(code, reason);
    }

    fn closed(&self) -> BoxFuture<'static, CloseReason> {
        self.connection.closed()
    }

    fn stats(&self) -> ConnectionStats {
        let mut stats = self.connection.stats();
        let silences = self.counts.silences.lock().unwrap();
        let silence = silences.get(&self.number);
        stats.unanswered_since = silence.map(|silence| (Instant::now() - *silence).into_std());
        stats
    }
}
