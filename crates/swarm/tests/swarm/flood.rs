//! Peers that open streams and do not say what for.

use std::sync::Arc;

use sinew_multiaddr::Address;
use sinew_runtime::Runtime;
use sinew_swarm::{Config, Swarm, SwarmParameters};
use sinew_transport::{
    Connection, Dial, ReadError, ReadToEndError, StreamCode, StreamIo, Transport,
    memory::MemoryNetwork,
};

use crate::fixture::{ECHO, OTHER, World, drain, peer, settle, until};

/// A host, and an attacker who has nothing but a connection to it.
struct Attack {
    victim: Swarm,
    attacker: Arc<dyn Connection>,
}

impl Attack {
    async fn begin(change: impl FnOnce(&mut Config)) -> Self {
        let network = MemoryNetwork::new(Runtime::tokio());
        let mut config = Config::default();
        change(&mut config);
        let victim = Swarm::start(SwarmParameters {
            local_peer: peer(2),
            transports: vec![Arc::new(network.transport(peer(2)))],
            resolver: None,
            runtime: Runtime::tokio(),
            config,
        });
        let listener = victim.listen(Address::memory(0)).await.unwrap();
        let dial = Dial::new(listener.address().clone());
        let attacker = network.transport(peer(1)).dial(dial).await.unwrap();
        until(|| victim.connections().len() == 1).await;
        Self { victim, attacker }
    }

    /// Opens a stream and says the beginning of something.
    async fn half_open(&self) -> Box<dyn StreamIo> {
        let mut io = self.attacker.open().await.unwrap();
        let beginning = &b"\x13/multistream/1.0"[..];
        std::future::poll_fn(|cx| io.poll_write_slice(cx, beginning))
            .await
            .unwrap();
        io
    }
}

/// Returns the code with which the other side ended the stream.
async fn reset_code(io: &mut dyn StreamIo) -> StreamCode {
    let mut out = std::collections::VecDeque::new();
    loop {
        let read = std::future::poll_fn(|cx| io.poll_read(cx, 1024, &mut out)).await;
        match read {
            Err(sinew_transport::ReadError::Reset(code)) => return code,
            Ok(false) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[tokio::test]
async fn streams_of_one_protocol_leave_room_for_others() {
    let world = World::new();
    let change = |config: &mut Config| config.limits.max_inbound_streams_per_protocol = 2;
    let (bob, address) = world.echoing_with(2, change).await;
    bob.swarm.serve(OTHER, |mut stream| async move {
        stream.copy_back().await.ok();
    });
    let alice = world.host(1);
    alice.swarm.connect_address(address).await.unwrap();
    let mut events = bob.swarm.events();

    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
        stream.write_all(b"x").await.unwrap();
        stream.read_exact(&mut [0]).await.unwrap();
        held.push(stream);
    }
    let mut third = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    third.write_all(b"x").await.unwrap();
    let refused = third.read_to_end(1).await.unwrap_err();
    assert!(
        matches!(
            refused,
            ReadToEndError::Read(ReadError::Reset(StreamCode::RESOURCE_LIMIT_EXCEEDED))
        ),
        "{refused:?}"
    );
    let mut told = drain(&mut events);
    told.retain(|event| event.starts_with("limit"));
    assert_eq!(told, ["limit max_inbound_streams_per_protocol"]);
    let mut other = alice.swarm.open_stream(bob.peer, OTHER).await.unwrap();
    other.write_all(b"x").await.unwrap();
    other.read_exact(&mut [0]).await.unwrap();

    drop(held);
    until(|| bob.swarm.usage().streams == 1).await;
    assert_eq!(alice.echo(bob.peer, "again").await, "again");
}

#[tokio::test]
async fn a_flood_of_half_open_negotiations_is_bounded_and_told_once() {
    let attack = Attack::begin(|config| config.limits.max_negotiating_per_connection = 4).await;
    let mut events = attack.victim.events();

    let mut streams = Vec::new();
    for _ in 0..100 {
        streams.push(attack.half_open().await);
        settle().await;
    }

    assert_eq!(attack.victim.usage().negotiating, 4);
    assert_eq!(attack.victim.usage().streams, 4);
    assert_eq!(
        reset_code(&mut *streams[99]).await,
        StreamCode::RESOURCE_LIMIT_EXCEEDED
    );
    assert_eq!(drain(&mut events), ["limit max_negotiating_per_connection"]);
}

#[tokio::test]
async fn the_bound_over_all_connections_holds_too() {
    let attack = Attack::begin(|config| config.limits.max_negotiating = 3).await;

    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(attack.half_open().await);
        settle().await;
    }

    assert_eq!(attack.victim.usage().negotiating, 3);
    drop(streams);
    until(|| attack.victim.usage().negotiating == 0).await;
    until(|| attack.victim.usage().streams == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_negotiation_that_does_not_end_is_given_up() {
    let attack = Attack::begin(|_| {}).await;
    let began = tokio::time::Instant::now();

    let mut stream = attack.half_open().await;
    reset_code(&mut *stream).await;

    assert!(began.elapsed() >= attack.victim.config().negotiation_timeout);
    assert_eq!(attack.victim.usage().negotiating, 0);
    assert_eq!(attack.victim.usage().streams, 0);
}

#[tokio::test]
async fn a_connection_that_ends_frees_what_was_half_open() {
    let attack = Attack::begin(|_| {}).await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        streams.push(attack.half_open().await);
    }
    until(|| attack.victim.usage().negotiating == 50).await;

    attack
        .attacker
        .close(sinew_transport::ConnectionCode::NO_ERROR, "");

    until(|| attack.victim.usage() == sinew_swarm::Usage::default()).await;
}

#[tokio::test]
async fn a_negotiation_that_ended_makes_room_for_another() {
    let attack = Attack::begin(|config| config.limits.max_negotiating_per_connection = 4).await;

    for _ in 0..3 {
        let mut streams = Vec::new();
        for _ in 0..4 {
            streams.push(attack.half_open().await);
        }
        until(|| attack.victim.usage().negotiating == 4).await;
        drop(streams);
        until(|| attack.victim.usage().negotiating == 0).await;
    }
}
