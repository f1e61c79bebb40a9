//! The ends of streams and connections, in memory.

use std::{net::SocketAddr, ops::Deref, sync::Arc};

use bytes::Bytes;
use sinew_identity::{Keypair, PeerId};
use sinew_runtime::Runtime;

use super::{MAX_STREAMS, MemoryNetwork, MemoryPair, WINDOW_BYTES};
use crate::{
    Acceptor, Admission, Attempt, CloseReason, ConnectionCode, ConnectionEvent, ConnectionId, Dial,
    DialError, Direction, Gate, OpenGate, ReadError, Stream, StreamCode, StreamInfo, StreamIo,
    Transport, WriteError,
};

struct Pair(MemoryPair);

impl Deref for Pair {
    type Target = MemoryPair;

    fn deref(&self) -> &MemoryPair {
        &self.0
    }
}

impl Pair {
    fn connected() -> Self {
        Self(MemoryPair::new(&Runtime::tokio(), peer(1), peer(2)))
    }

    async fn streams(&self) -> (Stream, Stream) {
        let mut ours = wrap(self.dialer.open().await.unwrap(), Direction::Outbound);
        ours.write_all(b"hello").await.unwrap();
        let mut theirs = wrap(self.listener.accept().await.unwrap(), Direction::Inbound);
        let mut hello = [0; 5];
        theirs.read_exact(&mut hello).await.unwrap();
        (ours, theirs)
    }
}

fn peer(secret: u8) -> PeerId {
    Keypair::ed25519_from_secret([secret; 32]).peer_id()
}

fn wrap(io: Box<dyn StreamIo>, direction: Direction) -> Stream {
    let info = StreamInfo {
        peer: peer(1),
        connection: ConnectionId(1),
        direction,
        protocol: None,
    };
    Stream::new(io, info)
}

#[tokio::test]
async fn each_side_knows_the_other() {
    let pair = Pair::connected();

    assert_eq!(pair.dialer.peer(), peer(2));
    assert_eq!(pair.listener.peer(), peer(1));
}

#[tokio::test]
async fn a_finished_side_reads_as_an_end_while_the_other_side_goes_on() {
    let (mut ours, mut theirs) = Pair::connected().streams().await;

    ours.write_bytes(Bytes::from_static(b"all")).await.unwrap();
    ours.finished().await.unwrap();

    assert_eq!(theirs.read_to_end(64).await.unwrap(), b"all");
    theirs.write_all(b"answer").await.unwrap();
    theirs.finish().unwrap();
    assert_eq!(ours.read_to_end(64).await.unwrap(), b"answer");
}

#[tokio::test]
async fn a_dropped_stream_that_was_not_finished_reads_as_a_reset() {
    let (mut ours, mut theirs) = Pair::connected().streams().await;

    ours.write_all(b"half a mess").await.unwrap();
    drop(ours);

    let error = loop {
        match theirs.read_bytes().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("an unfinished stream must not look complete"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ReadError::Reset(StreamCode::NO_ERROR)));
}

#[tokio::test]
async fn a_reset_carries_its_code() {
    let (mut ours, mut theirs) = Pair::connected().streams().await;

    ours.reset(StreamCode::new(77));

    let error = theirs.read_bytes().await.unwrap_err();
    assert!(matches!(error, ReadError::Reset(code) if code.get() == 77));
}

#[tokio::test]
async fn a_stopped_stream_cannot_be_written_and_says_why() {
    let (mut ours, mut theirs) = Pair::connected().streams().await;

    theirs.stop(StreamCode::new(78));

    let error = ours.write_all(b"more").await.unwrap_err();
    assert!(matches!(error, WriteError::Stopped(code) if code.get() == 78));
}

#[tokio::test]
async fn a_writer_waits_for_a_slow_reader() {
    let (mut ours, mut theirs) = Pair::connected().streams().await;
    ours.write_all(&vec![1; WINDOW_BYTES]).await.unwrap();

    let blocked = futures_util::FutureExt::now_or_never(ours.write(b"x"));
    assert!(blocked.is_none());

    theirs.read_bytes().await.unwrap().unwrap();
    ours.write_all(b"x").await.unwrap();
}

#[tokio::test]
async fn streams_are_limited_and_come_back() {
    let pair = Pair::connected();
    let mut open = Vec::new();
    for _ in 0..MAX_STREAMS {
        open.push(pair.dialer.open().await.unwrap());
    }

    assert!(futures_util::FutureExt::now_or_never(pair.dialer.open()).is_none());
    open.pop();

    pair.dialer.open().await.unwrap();
}

#[tokio::test]
async fn closing_ends_everything_with_the_reason_on_both_sides() {
    let pair = Pair::connected();
    let (mut ours, mut theirs) = pair.streams().await;

    pair.listener.close(ConnectionCode::new(9000), "bye");

    let local = theirs.read_bytes().await.unwrap_err();
    assert!(matches!(local, ReadError::Closed(CloseReason::Local { code }) if code.get() == 9000));
    let remote = ours.read_bytes().await.unwrap_err();
    let ReadError::Closed(CloseReason::Remote { code, reason }) = remote else {
        panic!("{remote}");
    };
    assert_eq!((code.get(), &*reason), (9000, "bye"));
    assert!(matches!(
        pair.dialer.closed().await,
        CloseReason::Remote { .. }
    ));
    assert!(pair.dialer.open().await.is_err());
    assert!(pair.dialer.accept().await.is_err());
}

#[tokio::test]
async fn events_tell_of_the_confirmation_and_the_end_and_then_stop() {
    let pair = Pair::connected();
    pair.dialer.close(ConnectionCode::NO_ERROR, "");

    let mut seen = Vec::new();
    while let Some(event) = std::future::poll_fn(|cx| pair.listener.poll_event(cx)).await {
        seen.push(event);
    }

    assert!(matches!(
        seen.as_slice(),
        [ConnectionEvent::Confirmed, ConnectionEvent::Closed(_)]
    ));
}

#[tokio::test]
async fn an_acceptor_gets_the_streams_that_waited_and_those_that_come() {
    let pair = Pair::connected();
    let mut first = wrap(pair.dialer.open().await.unwrap(), Direction::Outbound);
    first.write_all(b"first").await.unwrap();
    first.finish().unwrap();

    pair.listener.set_acceptor(Acceptor::new(|io| {
        Box::pin(async move {
            wrap(io, Direction::Inbound).copy_back().await.unwrap();
        })
    }));
    let mut second = wrap(pair.dialer.open().await.unwrap(), Direction::Outbound);
    second.write_all(b"second").await.unwrap();
    second.finish().unwrap();

    assert_eq!(first.read_to_end(64).await.unwrap(), b"first");
    assert_eq!(second.read_to_end(64).await.unwrap(), b"second");
}

#[tokio::test]
async fn dialing_somebody_else_fails_with_both_ids() {
    let network = MemoryNetwork::new(Runtime::tokio());
    let listening = network
        .transport(peer(2))
        .listen("/memory/0".parse().unwrap(), Arc::new(OpenGate))
        .await
        .unwrap();

    let error = network
        .transport(peer(1))
        .dial(Dial::new(listening.address().with_peer(peer(3))))
        .await
        .unwrap_err();

    let DialError::Failed { reason, .. } = error else {
        panic!("{error}");
    };
    let CloseReason::WrongPeer { expected, actual } = reason else {
        panic!("{reason}");
    };
    assert_eq!((expected, actual), (peer(3), peer(2)));
}

#[tokio::test]
async fn a_dropped_listener_frees_its_port() {
    let network = MemoryNetwork::new(Runtime::tokio());
    let transport = network.transport(peer(2));
    let address: sinew_multiaddr::Address = "/memory/7".parse().unwrap();
    let listening = transport
        .listen(address.clone(), Arc::new(OpenGate))
        .await
        .unwrap();
    assert!(
        transport
            .listen(address.clone(), Arc::new(OpenGate))
            .await
            .is_err()
    );

    drop(listening);

    transport.listen(address, Arc::new(OpenGate)).await.unwrap();
}

#[tokio::test]
async fn a_dropped_listener_closes_what_nobody_has_accepted() {
    let network = MemoryNetwork::new(Runtime::tokio());
    let listening = network
        .transport(peer(2))
        .listen("/memory/0".parse().unwrap(), Arc::new(OpenGate))
        .await
        .unwrap();
    let dialer = network
        .transport(peer(1))
        .dial(Dial::new(listening.address()))
        .await
        .unwrap();

    drop(listening);

    let reason = dialer.closed().await;
    assert!(
        matches!(
            reason,
            CloseReason::Remote {
                code: ConnectionCode::SHUTDOWN,
                ..
            }
        ),
        "{reason}"
    );
}

#[tokio::test]
async fn a_transport_that_shuts_down_closes_its_connections_and_makes_no_more() {
    let network = MemoryNetwork::new(Runtime::tokio());
    let transport = network.transport(peer(2));
    let mut listening = transport
        .listen("/memory/0".parse().unwrap(), Arc::new(OpenGate))
        .await
        .unwrap();
    let dial = Dial::new(listening.address());
    let dialer = network.transport(peer(1)).dial(dial.clone()).await.unwrap();

    transport.shutdown().await;

    assert!(matches!(dialer.closed().await, CloseReason::Remote { .. }));
    let accepted = std::future::poll_fn(|cx| listening.poll_accept(cx));
    assert!(
        matches!(accepted.await, Some(Ok(_))),
        "it was there before the end"
    );
    let accepted = std::future::poll_fn(|cx| listening.poll_accept(cx));
    assert!(accepted.await.is_none());
    let late = network.transport(peer(1)).dial(dial.clone()).await;
    assert!(matches!(late, Err(DialError::Unreachable { .. })));
    let ours = transport.dial(dial).await;
    assert!(matches!(ours, Err(DialError::TransportClosed)));
}

/// Lets nobody near, or nobody in.
#[derive(Debug)]
struct Closed {
    allows: bool,
}

impl Gate for Closed {
    fn allows(&self, _remote: SocketAddr) -> bool {
        self.allows
    }

    fn admit(&self, _attempt: &Attempt) -> Admission {
        assert!(self.allows, "who is not allowed is not asked about");
        Admission::Refuse
    }
}

#[tokio::test]
async fn a_gate_decides_who_comes_in() {
    for allows in [false, true] {
        let network = MemoryNetwork::new(Runtime::tokio());
        let listening = network
            .transport(peer(2))
            .listen("/memory/0".parse().unwrap(), Arc::new(Closed { allows }))
            .await
            .unwrap();

        let refused = network
            .transport(peer(1))
            .dial(Dial::new(listening.address()))
            .await;

        assert!(
            matches!(refused, Err(DialError::Failed { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_host_can_dial_itself() {
    let network = MemoryNetwork::new(Runtime::tokio());
    let transport = network.transport(peer(2));
    let mut listening = transport
        .listen("/memory/0".parse().unwrap(), Arc::new(OpenGate))
        .await
        .unwrap();

    let dialer = transport
        .dial(Dial::new(listening.address()))
        .await
        .unwrap();

    let accepted = std::future::poll_fn(|cx| listening.poll_accept(cx)).await;
    assert_eq!(accepted.unwrap().unwrap().0.peer(), dialer.peer());
}
