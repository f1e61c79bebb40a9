//! A host that an honest one talks to while somebody else who has come in does as it likes.

use std::time::Duration;

use sinew::{Address, Host, PeerId};
use sinew_simnet::{Node, World};
use sinew_testkit::Heap;
use sinew_tls::{TimeProvider, UnixTime};
use sinew_transport::BufferBudget;

use crate::lines::{RTT, world};

pub(crate) struct Siege {
    pub(crate) world: World,
    pub(crate) stranger: Node,
    pub(crate) victim: Node,
    honest: Node,
    at: fn(&Node) -> Address,
}

impl Siege {
    /// The victim listens `at` one address.
    pub(crate) fn new(at: fn(&Node) -> Address) -> Self {
        let (world, stranger, victim) = world();
        let honest = world.node("honest");
        Self {
            world,
            stranger,
            victim,
            honest,
            at,
        }
    }

    /// Lets `attack` come in, and asserts that the honest one goes on while it is there, and that nothing of it is
    /// left a minute after the last that is heard of it.
    pub(crate) fn run(&self, attack: impl AsyncFnOnce(&Self, &Host)) {
        let world = &self.world;
        world.block_on(async {
            let (bob, address) = listen(&self.victim, self.at).await;
            let alice = self.honest.host().start().await.unwrap();
            let peer = alice.connect(address).await.unwrap();
            echo(&alice, peer).await;
            let is_over = std::cell::Cell::new(false);
            let talking = async {
                while !is_over.get() {
                    let begun = world.elapsed();
                    echo(&alice, peer).await;
                    assert!(world.elapsed() - begun <= 4 * RTT);
                    world.sleep(Duration::from_millis(500)).await;
                }
            };
            let attacking = async {
                attack(self, &bob).await;
                is_over.set(true);
            };
            futures_util::future::join(attacking, talking).await;

            echo(&alice, peer).await;
            world.sleep(Duration::from_secs(60)).await;
            let usage = bob.swarm().usage();
            assert_eq!((usage.inbound_connections, usage.streams), (1, 0));
            assert_eq!((usage.pending_inbound, usage.negotiating), (0, 0));
            assert_eq!(usage.buffered_bytes, 2 * BufferBudget::BASE);
            echo(&alice, peer).await;
        });
    }

    /// Has one who has come in do as it likes, which may take `bound` bytes in the whole world.
    pub(crate) async fn measure(&self, bob: &Host, bound: usize, attack: impl AsyncFnOnce()) {
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
        assert_eq!(bob.swarm().usage().pending_inbound, 0);
        let heap = Heap::begin();
        attack().await;
        assert!(heap.peak() <= bound, "{} bytes", heap.peak());
    }
}

async fn listen(node: &Node, at: fn(&Node) -> Address) -> (Host, Address) {
    let host = node.host().listen(at(node)).start().await.unwrap();
    host.serve(ECHO, |mut stream| async move { stream.copy_back().await });
    let address = host.listen_addresses().remove(0);
    (host, address)
}

async fn echo(host: &Host, peer: PeerId) {
    let mut stream = host.open_stream(peer, ECHO).await.unwrap();
    stream.write_all(b"as ever").await.unwrap();
    stream.finish().unwrap();
    assert_eq!(stream.read_to_end(16).await.unwrap(), b"as ever");
}

pub(crate) fn quic_at(node: &Node) -> Address {
    Address::quic((node.ipv4(), PORT).into())
}

pub(crate) fn tcp_at(node: &Node) -> Address {
    Address::tcp((node.ipv4(), PORT).into())
}

/// A clock that has stopped.
#[derive(Debug)]
pub(crate) struct Stopped(pub(crate) UnixTime);

impl TimeProvider for Stopped {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

/// A protocol that the victim serves.
pub(crate) const ECHO: &str = "/echo/1";

pub(crate) const PORT: u16 = 4001;
