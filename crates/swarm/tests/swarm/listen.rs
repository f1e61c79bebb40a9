//! Where a host listens, and how it stops.

use sinew_multiaddr::{Address, Unlistenable};
use sinew_swarm::ListenError;
use sinew_transport as transport;

use crate::fixture::{World, drain, peer, until};

#[tokio::test]
async fn a_host_listens_at_several_addresses_until_each_is_closed() {
    let world = World::new();
    let bob = world.host(2);
    let mut events = bob.swarm.events();

    let first = bob.swarm.listen(Address::memory(7)).await.unwrap();
    let second = bob.swarm.listen(Address::memory(0)).await.unwrap();
    assert_eq!(*first.address(), Address::memory(7));
    assert_eq!(
        bob.swarm.listen_addresses(),
        [first.address().clone(), second.address().clone()]
    );

    first.close();
    first.close();
    until(|| bob.swarm.listen_addresses().len() == 1).await;
    assert_eq!(
        drain(&mut events),
        ["listening", "listening", "listener closed"]
    );
}

#[tokio::test]
async fn a_closed_address_is_free_and_its_connections_go_on() {
    let world = World::new();
    let (alice, bob) = world.connected().await;
    let address = bob.swarm.listen_addresses()[0].clone();
    let carol = world.host(3);

    let listener = bob.swarm.listen(Address::memory(7)).await.unwrap();
    let to_seven = Address::memory(7).with_peer(bob.peer);
    carol.swarm.connect_address(to_seven.clone()).await.unwrap();
    listener.close();
    until(|| bob.swarm.listen_addresses() == [address.clone()]).await;

    assert_eq!(carol.echo(bob.peer, "still").await, "still");
    carol.swarm.disconnect(bob.peer);
    carol.until_alone().await;
    carol.swarm.connect_address(to_seven).await.unwrap_err();
    carol.swarm.listen(Address::memory(7)).await.unwrap();
    assert_eq!(alice.echo(bob.peer, "too").await, "too");
}

#[tokio::test]
async fn dropping_the_handle_changes_nothing() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);

    alice.swarm.connect_address(address).await.unwrap();

    assert_eq!(alice.echo(bob.peer, "there").await, "there");
}

#[tokio::test]
async fn an_address_that_cannot_be_listened_on_says_why() {
    let world = World::new();
    let bob = world.host(2);
    let _taken = bob.swarm.listen(Address::memory(7)).await.unwrap();
    let listen = async |text: &str| bob.swarm.listen(text.parse().unwrap()).await.unwrap_err();

    let taken = listen("/memory/7").await;
    let name = listen("/dns/example.com/tcp/1").await;
    let unsupported = listen("/ip4/127.0.0.1/tcp/0").await;
    let another = Address::memory(8).with_peer(peer(3));
    let another = bob.swarm.listen(another).await.unwrap_err();

    assert!(matches!(
        taken,
        ListenError::Transport(transport::ListenError::Bind { .. })
    ));
    assert!(matches!(
        name,
        ListenError::Unlistenable {
            source: Unlistenable::Name,
            ..
        }
    ));
    assert!(matches!(
        unsupported,
        ListenError::Transport(transport::ListenError::Unsupported { .. })
    ));
    assert!(matches!(another, ListenError::AddressOfAnother { .. }));
}

#[tokio::test]
async fn an_address_that_names_this_host_can_be_listened_on() {
    let bob = World::new().host(2);

    let listener = bob
        .swarm
        .listen(Address::memory(7).with_peer(bob.peer))
        .await
        .unwrap();

    assert_eq!(*listener.address(), Address::memory(7));
}
