//! Hosts on nodes.

use std::time::Duration;

use sinew::{Address, Host, HostBuilder, PeerId};
use sinew_simnet::{Link, Node, World};
use sinew_testkit::Seed;

/// There and back.
pub(crate) const RTT: Duration = Duration::from_millis(50);

/// Two nodes, half a round trip apart.
pub(crate) fn apart() -> (World, Node, Node) {
    let world = World::new(Seed::new(1));
    world.set_default_link(Link::with_delay(RTT / 2));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    (world, alice, bob)
}

/// Starts a host that listens with QUIC and echoes.
pub(crate) async fn start(node: &Node) -> Host {
    start_with(node.host(), [quic_at(node)]).await
}

/// Starts a host that listens at `addresses` and echoes.
pub(crate) async fn start_with(
    builder: HostBuilder,
    addresses: impl IntoIterator<Item = Address>,
) -> Host {
    let builder = addresses.into_iter().fold(builder, HostBuilder::listen);
    let host = builder.start().await.unwrap();
    host.serve(
        "/echo/1",
        |mut stream| async move { stream.copy_back().await },
    );
    host
}

pub(crate) fn quic_at(node: &Node) -> Address {
    Address::quic((node.ipv4(), 4001).into())
}

pub(crate) fn tcp_at(node: &Node) -> Address {
    Address::tcp((node.ipv4(), 4001).into())
}

/// Says something to a peer that echoes, and returns what comes back.
pub(crate) async fn echo(host: &Host, peer: PeerId, said: &[u8]) -> Vec<u8> {
    let mut stream = host.open_stream(peer, "/echo/1").await.unwrap();
    stream.write_all(said).await.unwrap();
    stream.finish().unwrap();
    stream.read_to_end(said.len()).await.unwrap()
}
