//! A receiver, a folder of sources, and a connection between two hosts.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;

use sinew_file_transfer::{
    Config, Event, Outgoing, Progress, ReceiveError, Receiver, SendConfig, SendError, Sender, Sent,
};
use sinew_identity::{Keypair, PeerId};
use sinew_runtime::Runtime;
use sinew_transport::{
    Acceptor, Connection, ConnectionId, Dial, Direction, OpenGate, ReadError, Stream, StreamCode,
    StreamInfo, StreamIo, Transport, WriteError, memory::MemoryNetwork,
};
use tempfile::TempDir;
use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, unbounded_channel},
};

pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) sources: TempDir,
    pub(crate) receiver: Receiver,
    events: Mutex<UnboundedReceiver<Event>>,
    pair: Pair,
    bytes_sent: Arc<AtomicU64>,
}

/// A stream that counts what is written to it.
struct Counted {
    io: Box<dyn StreamIo>,
    bytes: Arc<AtomicU64>,
}

/// A connection in memory.
pub(crate) struct Pair {
    pub(crate) dialer: Arc<dyn Connection>,
    pub(crate) listener: Arc<dyn Connection>,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Self::at(TempDir::new().unwrap(), config).await
    }

    pub(crate) async fn at(folder: TempDir, config: Config) -> Self {
        let (sender, events) = unbounded_channel();
        let report = move |event| drop(sender.send(event));
        let receiver = Receiver::open(&Runtime::tokio(), folder.path(), config, report)
            .await
            .unwrap();
        let pair = Pair::connected().await;
        let handler = receiver.handler();
        pair.listener
            .set_acceptor(Acceptor::new(move |io| handler(inbound(io))));
        Self {
            folder,
            sources: TempDir::new().unwrap(),
            receiver,
            events: Mutex::new(events),
            pair,
            bytes_sent: Arc::default(),
        }
    }

    /// Ends the receiver and its connection, and starts another one on the same folder.
    pub(crate) async fn restarted(self) -> Self {
        let Self {
            folder,
            sources,
            receiver,
            pair,
            ..
        } = self;
        let path = receiver.folder().to_owned();
        drop((receiver, pair));
        // The connection's tasks let go of the receiver in their own time.
        let free = async {
            while let Err(error) =
                Receiver::open(&Runtime::tokio(), &path, Config::default(), |_| {}).await
            {
                assert!(error.to_string().contains("another receiver"), "{error}");
                tokio::task::yield_now().await;
            }
        };
        guarded(free).await;
        let mut fixture = Self::at(folder, Config::default()).await;
        fixture.sources = sources;
        fixture
    }

    pub(crate) fn source(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.sources.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Opens a stream that the receiver serves.
    pub(crate) async fn stream(&self) -> Stream {
        outbound(Box::new(Counted {
            io: self.pair.dialer.open().await.unwrap(),
            bytes: self.bytes_sent.clone(),
        }))
    }

    pub(crate) async fn send(&self, path: &Path) -> Result<Sent, SendError> {
        self.send_as(path, path.file_name().unwrap().to_str().unwrap())
            .await
    }

    pub(crate) async fn send_as(&self, path: &Path, name: &str) -> Result<Sent, SendError> {
        self.send_watched(path, name, |_| {}).await
    }

    pub(crate) async fn send_watched(
        &self,
        path: &Path,
        name: &str,
        mut progress: impl FnMut(Progress),
    ) -> Result<Sent, SendError> {
        let outgoing = Outgoing::open(path, &mut progress).await?.with_name(name);
        let sender = Sender::new(&Runtime::tokio(), SendConfig::default());
        guarded(sender.send(self.stream().await, &outgoing, progress)).await
    }

    /// Bytes that the sending host has written to its streams.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.bytes_sent.load(Ordering::Relaxed)
    }

    pub(crate) async fn event(&self) -> Event {
        guarded(async { self.events.lock().await.recv().await.unwrap() }).await
    }

    /// Returns how the next transfer ends.
    pub(crate) async fn failure(&self) -> Arc<ReceiveError> {
        loop {
            match self.event().await {
                Event::Failed { error, .. } => return error,
                Event::Completed { path, .. } => panic!("{path:?} was received"),
                _ => {}
            }
        }
    }

    /// Waits until the next transfer is over.
    pub(crate) async fn over(&self) {
        while !matches!(
            self.event().await,
            Event::Failed { .. } | Event::Completed { .. }
        ) {}
    }

    pub(crate) fn received(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }

    /// Lists what is in the receive folder, but for the receiver's own.
    pub(crate) fn kept(&self) -> Vec<String> {
        list(self.folder.path(), ".sinew-partial")
    }

    /// Lists what is kept of files that were cut off.
    pub(crate) fn partials(&self) -> Vec<String> {
        list(&self.folder.path().join(".sinew-partial"), "lock")
    }
}

impl Pair {
    pub(crate) async fn connected() -> Self {
        let network = MemoryNetwork::new(Runtime::tokio());
        let mut listening = network
            .transport(peer(2))
            .listen("/memory/0".parse().unwrap(), Arc::new(OpenGate))
            .await
            .unwrap();
        let dialer = network
            .transport(peer(1))
            .dial(Dial::new(listening.address()))
            .await
            .unwrap();
        let (listener, _permit) = std::future::poll_fn(|cx| listening.poll_accept(cx))
            .await
            .unwrap()
            .unwrap();
        Self { dialer, listener }
    }
}

impl StreamIo for Counted {
    fn id(&self) -> u64 {
        self.io.id()
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        self.io.poll_read(cx, max_bytes, out)
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        let before = data.len();
        let outcome = self.io.poll_write(cx, data);
        let taken = (before - data.len()) as u64;
        self.bytes.fetch_add(taken, Ordering::Relaxed);
        outcome
    }

    fn poll_write_slice(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        let outcome = self.io.poll_write_slice(cx, data);
        if let Poll::Ready(Ok(taken)) = outcome {
            self.bytes.fetch_add(taken as u64, Ordering::Relaxed);
        }
        outcome
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.io.finish()
    }

    fn poll_finished(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        self.io.poll_finished(cx)
    }

    fn reset(&mut self, code: StreamCode) {
        self.io.reset(code);
    }

    fn stop(&mut self, code: StreamCode) {
        self.io.stop(code);
    }

    fn set_priority(&mut self, priority: i32) {
        self.io.set_priority(priority);
    }
}

pub(crate) fn inbound(io: Box<dyn StreamIo>) -> Stream {
    wrap(io, peer(1), Direction::Inbound)
}

pub(crate) fn outbound(io: Box<dyn StreamIo>) -> Stream {
    wrap(io, peer(2), Direction::Outbound)
}

fn wrap(io: Box<dyn StreamIo>, peer: PeerId, direction: Direction) -> Stream {
    let info = StreamInfo {
        peer,
        connection: ConnectionId(1),
        direction,
        protocol: Some(sinew_file_transfer::PROTOCOL),
    };
    Stream::new(io, info)
}

pub(crate) fn peer(secret: u8) -> PeerId {
    Keypair::ed25519_from_secret([secret; 32]).peer_id()
}

/// A content that differs at every place and for every seed.
pub(crate) fn content(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        bytes.extend((state >> 16).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Keeps a failure from hanging.
pub(crate) async fn guarded<F: Future>(future: F) -> F::Output {
    // Longer than every time limit in these tests, for the sake of those in which time is paused.
    tokio::time::timeout(Duration::from_secs(600), future)
        .await
        .unwrap()
}

fn list(folder: &Path, without: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != without)
        .collect();
    names.sort();
    names
}
