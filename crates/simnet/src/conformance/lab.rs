//! Two nodes with the transport under test, and what checks ask of them.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use sinew_multiaddr::Address;
use sinew_transport::{
    Connection, ConnectionId, Dial, DialError, Direction, Gate, InboundFailure, Listener, Permit,
    ReadError, Stream, StreamInfo, StreamIo, Transport, WriteError,
};

use super::{Subject, gate::CountingGate};
use crate::{Node, World};

/// What a check works with: a world with two nodes, and the transport to test on them.
pub struct Lab {
    world: World,
    pub(super) alice: Node,
    pub(super) bob: Node,
    pub(super) subject: Box<dyn Subject>,
}

/// A connection from Alice to Bob, both ends of it.
pub(super) struct Pair {
    pub(super) dialer: Arc<dyn Connection>,
    pub(super) listener: Arc<dyn Connection>,
    pub(super) dialing: Arc<dyn Transport>,
    pub(super) listening: Arc<dyn Transport>,
    pub(super) inbound: Box<dyn Listener>,
    pub(super) gate: Arc<CountingGate>,
    pub(super) permit: Permit,
    /// The tasks that ran once it was established.
    baseline: Vec<(String, &'static str)>,
}

impl Lab {
    pub(super) fn new(world: World, subject: Box<dyn Subject>) -> Self {
        let (alice, bob) = (world.node("alice"), world.node("bob"));
        Self {
            world,
            alice,
            bob,
            subject,
        }
    }

    /// Returns the world that the check runs in.
    pub fn world(&self) -> &World {
        &self.world
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.world.sleep(duration).await;
    }

    /// Waits long enough for everything that is under way to arrive, and for what was lost to come again.
    pub(super) async fn settle(&self) {
        self.sleep(Duration::from_secs(5)).await;
    }

    /// # Panics
    ///
    /// It takes longer than a minute.
    pub(super) async fn soon<F: Future>(&self, future: F) -> F::Output {
        let limit = Duration::from_secs(60);
        match self.world.timeout(limit, future).await {
            Ok(output) => output,
            Err(elapsed) => panic!("{elapsed}"),
        }
    }

    /// Asserts that nothing comes of `future` for some seconds.
    pub(super) async fn never<F: Future>(&self, future: F) {
        let outcome = self.world.timeout(Duration::from_secs(5), future).await;
        assert!(outcome.is_err(), "this should have waited");
    }

    pub(super) async fn listen(
        &self,
        node: &Node,
        transport: &dyn Transport,
        gate: Arc<dyn Gate>,
    ) -> Box<dyn Listener> {
        let address = self.subject.listen_on(node);
        transport.listen(address, gate).await.unwrap()
    }

    /// Connects Alice to Bob and waits until both are content.
    pub(super) async fn connect(&self) -> Pair {
        self.connect_to(self.subject.transport(&self.bob)).await
    }

    /// As [`connect`](Self::connect), where Bob has this transport.
    pub(super) async fn connect_to(&self, listening: Arc<dyn Transport>) -> Pair {
        let dialing = self.subject.transport(&self.alice);
        let gate = CountingGate::open();
        let mut inbound = self.listen(&self.bob, &*listening, gate.clone()).await;
        let (dialer, accepted) = self
            .soon(futures_util::future::join(
                dialing.dial(self.dial_bob(&*inbound)),
                accept(&mut *inbound),
            ))
            .await;
        let (dialer, (listener, permit)) = (dialer.unwrap(), accepted.unwrap());
        self.settle().await;
        Pair {
            dialer,
            listener,
            dialing,
            listening,
            inbound,
            gate,
            permit,
            baseline: self.world.tasks(),
        }
    }

    /// Dials where `inbound` listens, for Bob.
    pub(super) fn dial_bob(&self, inbound: &dyn Listener) -> Dial {
        Dial::new(inbound.address().with_peer(self.bob.keypair().peer_id()))
    }

    /// Returns an address of Bob's where nobody listens.
    pub(super) async fn nobody(&self) -> Address {
        let transport = self.subject.transport(&self.bob);
        let inbound = self
            .listen(&self.bob, &*transport, CountingGate::open())
            .await;
        let address = inbound.address();
        drop(inbound);
        transport.shutdown().await;
        address
    }

    /// Opens a stream from Alice on which one byte went to Bob.
    pub(super) async fn streams(&self, pair: &Pair) -> (Stream, Stream) {
        self.streams_from(&pair.dialer, &pair.listener).await
    }

    pub(super) async fn streams_from(
        &self,
        opener: &Arc<dyn Connection>,
        other: &Arc<dyn Connection>,
    ) -> (Stream, Stream) {
        let mut ours = wrap(self.soon(opener.open()).await.unwrap());
        ours.write_all(b"!").await.unwrap();
        let mut theirs = wrap(self.soon(other.accept()).await.unwrap());
        let mut byte = [0];
        self.soon(theirs.read_exact(&mut byte)).await.unwrap();
        assert_eq!(byte, *b"!");
        (ours, theirs)
    }

    /// Asserts that every stream is gone and that no task is left that was not there before.
    pub(super) async fn assert_quiet(&self, pair: &Pair) {
        self.settle().await;
        for (side, connection) in [("dialer", &pair.dialer), ("listener", &pair.listener)] {
            let open = connection.stats().open_streams;
            assert_eq!(open, 0, "streams are left at the {side}");
        }
        assert_eq!(self.world.tasks(), pair.baseline, "tasks are left");
    }

    /// Polls `future` at most `times`, and drops it when it should be polled once more, or never is.
    pub(super) async fn polled<F: Future>(&self, times: usize, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut left = times;
        let limited = poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            future.as_mut().poll(cx).map(Some)
        });
        let outcome = self.world.timeout(Duration::from_secs(2), limited).await;
        outcome.ok().flatten()
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("world", &self.world)
            .finish_non_exhaustive()
    }
}

pub(super) async fn accept(
    listener: &mut dyn Listener,
) -> Result<(Arc<dyn Connection>, Permit), InboundFailure> {
    let accepted = poll_fn(|cx| listener.poll_accept(cx)).await;
    accepted.expect("the listener goes on")
}

/// Gives a transport's stream the calls of a protocol's; nothing here looks at the names.
pub(super) fn wrap(io: Box<dyn StreamIo>) -> Stream {
    let info = StreamInfo {
        peer: sinew_identity::Keypair::ed25519_from_secret([9; 32]).peer_id(),
        connection: ConnectionId(0),
        direction: Direction::Outbound,
        protocol: None,
    };
    Stream::new(io, info)
}

/// Returns bytes in which a piece that is missing, doubled or in the wrong place shows.
pub(super) fn pattern(len: usize, salt: u32) -> Bytes {
    (0u32..)
        .flat_map(|word| (word ^ salt).wrapping_mul(0x9e37_79b9).to_le_bytes())
        .take(len)
        .collect()
}

/// Writes everything in pieces and finishes.
pub(super) async fn send(stream: &mut Stream, mut content: Bytes) -> Result<(), WriteError> {
    while !content.is_empty() {
        let piece = content.split_to(content.len().min(50_000));
        stream.write_bytes(piece).await?;
    }
    stream.finish()
}

pub(super) async fn receive(stream: &mut Stream) -> Result<Vec<u8>, ReadError> {
    let mut received = Vec::new();
    while let Some(chunk) = stream.read_bytes().await? {
        received.extend_from_slice(&chunk);
    }
    Ok(received)
}

/// Dials and accepts until there is an outcome for both.
pub(super) async fn dial_and_accept(
    transport: &dyn Transport,
    dial: Dial,
    inbound: &mut dyn Listener,
) -> (
    Result<Arc<dyn Connection>, DialError>,
    Result<(Arc<dyn Connection>, Permit), InboundFailure>,
) {
    futures_util::future::join(transport.dial(dial), accept(inbound)).await
}
