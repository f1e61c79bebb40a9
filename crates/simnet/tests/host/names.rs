//! Names, over the world's own name servers.

use std::time::Duration;

use sinew::{Address, Host};
use sinew_simnet::{Node, Records};

use crate::fixture::{apart, echo, quic_at, start};

#[test]
fn a_name_is_dialed_and_the_round_trip_of_its_answer_is_all_that_it_costs() {
    let (world, alice, bob) = apart();
    let answer = Records::addresses([bob.ipv4()]).after(Duration::from_millis(30));
    world.set_name("bob.example", answer);

    world.block_on(async {
        let (ours, theirs) = (start(&alice).await, start(&bob).await);
        let begun = world.elapsed();

        let peer = connect(&ours, "/dns4/bob.example/udp/4001/quic-v1").await;

        assert_eq!(peer.unwrap(), theirs.peer_id());
        assert_eq!(world.elapsed() - begun, Duration::from_millis(80));
    });
}

#[test]
fn a_list_of_addresses_behind_a_name_is_followed() {
    let (world, alice, bob) = apart();
    let listed = format!("dnsaddr={}", quic_of(&bob));
    world.set_name("_dnsaddr.example.com", Records::texts([listed]));

    world.block_on(async {
        let (ours, theirs) = (start(&alice).await, start(&bob).await);
        let address = format!("/dnsaddr/example.com/p2p/{}", theirs.peer_id());

        let peer = connect(&ours, &address).await.unwrap();

        assert_eq!(echo(&ours, peer, b"hello").await, b"hello");
    });
}

#[test]
fn silent_name_servers_are_given_up_and_no_task_stays() {
    let (world, alice, _bob) = apart();
    world.set_name("silent.example", Records::silence());

    world.block_on(async {
        let ours = start(&alice).await;
        let tasks = world.tasks();

        let connecting = connect(&ours, "/dns4/silent.example/udp/4001/quic-v1");
        let outcome = world.timeout(Duration::from_secs(60), connecting).await;

        assert!(outcome.expect("it is given up").is_err());
        assert_eq!(world.tasks(), tasks);
    });
}

fn quic_of(node: &Node) -> Address {
    quic_at(node).with_peer(node.keypair().peer_id())
}

async fn connect(host: &Host, address: &str) -> Result<sinew::PeerId, sinew::ConnectError> {
    host.connect(address.parse().unwrap()).await
}
