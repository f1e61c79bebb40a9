//! First packets of QUIC that come in the name of others.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::future::join;
use sinew::{Address, Host};
use sinew_simnet::{Node, World};
use sinew_testkit::Heap;
use sinew_transport::BufferBudget;

use crate::{
    crowds::{place_in_the_prefix, prefix, prefixes},
    lines::{RTT, world},
    spoof::{OWN, Spoof, hello},
};

#[test]
fn a_flood_in_the_name_of_neighbors_does_not_keep_an_honest_one_out() {
    let (world, _, victim) = world();
    let honest = place_in_the_prefix(&world, "honest");

    flood(&world, &victim, &honest, &prefix());
}

#[test]
fn a_flood_in_the_name_of_half_the_world_does_not_keep_an_honest_one_out() {
    let (world, _, victim) = world();
    let honest = world.node("honest");

    flood(&world, &victim, &honest, &prefixes());
}

/// Sends first packets that are perfectly good from `places`, where nobody answers, for as long as the honest one
/// and others dial.
fn flood(world: &World, victim: &Node, honest: &Node, places: &[IpAddr]) {
    let liar = world.node_at("liar", places);
    world.block_on(async {
        let (bob, address) = listen(victim).await;
        let limits = bob.config().limits;
        let others = (0..5).map(|number| world.node(&format!("other {number}")));
        let mut dialers = vec![honest.host().start().await.unwrap()];
        for other in others {
            dialers.push(other.host().start().await.unwrap());
        }
        let (hello, mut spoof) = (hello(), Spoof::new(&liar));
        let to = SocketAddr::new(victim.ipv4(), 4001);
        let heap = Heap::begin();

        let mut number = 0_usize;
        let flooding = async {
            for _ in 0..SECONDS * 1000 {
                for _ in 0..PER_MILLISECOND {
                    let id = number.to_be_bytes();
                    let datagram = hello.datagram([&id, OWN], 0, 0, &hello.message);
                    spoof.send(places[number % places.len()], to, &datagram);
                    number += 1;
                }
                world.sleep(Duration::from_millis(1)).await;
                spoof.listen();
                let usage = bob.swarm().usage();
                assert!(usage.pending_inbound <= limits.retry_from_pending_inbound + 1);
            }
        };
        let dialing = async {
            for dialer in &dialers {
                world.sleep(Duration::from_millis(100)).await;
                let begun = world.elapsed();
                let peer = dialer.connect(address.clone()).await.unwrap();
                let took = world.elapsed() - begun;
                assert!(took <= 6 * RTT, "{took:?}");
                let mut stream = dialer.open_stream(peer, "/echo/1").await.unwrap();
                stream.write_all(b"through").await.unwrap();
                stream.finish().unwrap();
                assert_eq!(stream.read_to_end(16).await.unwrap(), b"through");
            }
        };
        join(flooding, dialing).await;

        // Few were believed, which is what costs cryptography and memory; each of the others was asked for a proof,
        // which is less than what it sent and leaves nothing behind.
        let believed = spoof.answered.len();
        assert!(believed as u64 <= limits.retry_from_pending_inbound.into());
        assert!(spoof.retries <= number - believed);
        // What is set aside for all that were believed; the datagrams that are on their way count as well.
        let set_aside = 2 * usize::try_from(BufferBudget::BASE).unwrap();
        let peak = heap.peak();
        assert!(peak <= believed * set_aside, "{peak} bytes");
        for _ in 0..30 {
            world.sleep(Duration::from_secs(1)).await;
            spoof.listen();
        }
        spoof.assert_no_amplification();
        assert_eq!(bob.swarm().usage().pending_inbound, 0);
        let honest = u32::try_from(dialers.len()).unwrap();
        assert_eq!(bob.swarm().usage().inbound_connections, honest);
        let (held, both_ends) = (heap.held(), 2 * dialers.len() * set_aside);
        assert!(held <= both_ends, "{held} bytes");
    });
}

/// Starts a host that listens over QUIC and echoes.
async fn listen(node: &Node) -> (Host, Address) {
    let address = Address::quic((node.ipv4(), 4001).into());
    let host = node.host().listen(address).start().await.unwrap();
    host.serve(
        "/echo/1",
        |mut stream| async move { stream.copy_back().await },
    );
    let address = host.listen_addresses().remove(0);
    (host, address)
}

/// How long the flood goes on.
const SECONDS: usize = 2;

/// How many packets come in each millisecond.
const PER_MILLISECOND: usize = 100;
