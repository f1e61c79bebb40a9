//! Why connecting failed: each cause by its own name, in words that a person can act on.

use std::sync::Arc;

use sinew_identity::PeerId;
use sinew_multiaddr::{Address, Undialable};
use sinew_swarm::{AllFailed, ConnectError, DialFailure, LookupFailure};
use sinew_transport::{CloseReason, DialError, Phase};
use tokio::sync::Semaphore;

use crate::{
    fixture::{Host, World, peer, settle},
    lab::Way,
};

async fn failure(host: &Host, peer: PeerId, addresses: Vec<Address>) -> AllFailed {
    match host.swarm.connect_peer(peer, addresses).await {
        Err(ConnectError::AllFailed(failed)) => failed,
        other => panic!("unexpected {other:?}"),
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_address_is_listed_with_its_own_cause() {
    let world = World::new();
    let alice = world.host(1);
    let (_carol, carols) = world.echoing(3).await;
    let (refused, silent) = (Address::memory(900), Address::memory(901));
    alice.lab.set(&refused, Way::Refused);
    alice.lab.set(&silent, Way::Silent);
    let nobody = Address::memory(902);
    let addresses = vec![
        address("/ip4/192.0.2.7/udp/4001/quic-v1"),
        address("/ip4/192.0.2.7/tcp/0"),
        address("/dns4/example.com/udp/4001/quic-v1"),
        refused,
        nobody,
        carols.without_peer(),
        silent.clone(),
    ];

    let failed = failure(&alice, peer(2), addresses.clone()).await;

    let expected = addresses.into_iter().map(|it| it.with_peer(peer(2)));
    let tried: Vec<_> = failed
        .attempts
        .iter()
        .map(|it| it.address.clone())
        .collect();
    assert_eq!(tried, expected.collect::<Vec<_>>());
    let causes: Vec<_> = failed.attempts.iter().map(|it| &it.error).collect();
    assert!(matches!(
        causes[0],
        DialFailure::Transport(DialError::Unsupported { .. })
    ));
    assert!(matches!(
        causes[2],
        DialFailure::Lookup(LookupFailure::NoResolver)
    ));
    assert!(matches!(
        causes[1],
        DialFailure::Undialable(Undialable::PortZero)
    ));
    assert!(matches!(
        causes[3],
        DialFailure::Transport(DialError::Failed {
            phase: Phase::Handshake,
            reason: CloseReason::Remote { .. }
        })
    ));
    assert!(matches!(
        causes[4],
        DialFailure::Transport(DialError::Unreachable { .. })
    ));
    let DialFailure::Transport(DialError::Failed { reason, .. }) = causes[5] else {
        panic!("unexpected {:?}", causes[5])
    };
    assert!(matches!(
        reason,
        CloseReason::WrongPeer { expected, actual } if (*expected, *actual) == (peer(2), peer(3))
    ));
    let after = alice.swarm.config().dial_timeout;
    assert!(matches!(causes[6], DialFailure::TimedOut { after: it } if *it == after));
    assert_eq!(failed.attempts[6].elapsed, after);
    alice.until_idle().await;
}

#[tokio::test]
async fn the_message_names_addresses_phases_and_both_peers() {
    let world = World::new();
    let alice = world.host(1);
    let (_carol, carols) = world.echoing(3).await;
    let nowhere = address("/dns4/example.com/tcp/4001");

    let failed = failure(
        &alice,
        peer(2),
        vec![carols.clone().without_peer(), nowhere],
    )
    .await;

    let message = failed.to_string();
    for part in [
        &format!("peer {} at any of 2 addresses", peer(2)),
        &carols.without_peer().to_string(),
        "during the handshake",
        &format!("expected peer {}, but {} answered", peer(2), peer(3)),
        "/dns4/example.com/tcp/4001",
        "use an address with /ip4 or /ip6",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

#[tokio::test]
async fn a_host_does_not_dial_itself() {
    let world = World::new();
    let (alice, address) = world.echoing(1).await;

    let by_name = alice.swarm.connect_address(address.clone()).await;
    assert!(matches!(by_name, Err(ConnectError::DialedSelf { peer }) if peer == alice.peer));
    assert_eq!(alice.lab.dials(), 0);

    let by_chance = alice.swarm.connect_address(address.without_peer()).await;
    assert!(matches!(by_chance, Err(ConnectError::DialedSelf { peer }) if peer == alice.peer));
    assert_eq!(alice.swarm.peers(), []);
    alice.until_idle().await;
}

#[tokio::test]
async fn a_transport_that_lets_the_wrong_peer_through_is_not_trusted() {
    let world = World::new();
    let alice = world.host(1);
    let (carol, carols) = world.echoing(3).await;
    alice.lab.set(&carols, Way::Unpinned);

    let failed = failure(&alice, peer(2), vec![carols.without_peer()]).await;

    assert!(matches!(
        &failed.attempts[0].error,
        DialFailure::Transport(DialError::Failed {
            reason: CloseReason::WrongPeer { .. },
            ..
        })
    ));
    assert_eq!(alice.swarm.peers(), []);
    carol.until_alone().await;
    alice.until_idle().await;
    carol.until_idle().await;
}

#[tokio::test]
async fn an_address_of_another_peer_is_refused_before_anything_is_dialed() {
    let alice = World::new().host(1);
    let carols = Address::memory(900).with_peer(peer(3));

    let error = alice.swarm.connect_peer(peer(2), [carols.clone()]).await;

    assert!(matches!(
        error,
        Err(ConnectError::AddressOfAnother { expected, address })
            if expected == peer(2) && address == carols
    ));
    assert_eq!(alice.lab.dials(), 0);
}

#[tokio::test]
async fn a_peer_without_address_cannot_be_dialed() {
    let alice = World::new().host(1);

    let error = alice.swarm.connect_peer(peer(2), []).await;

    assert!(matches!(error, Err(ConnectError::NoAddress { peer: it }) if it == peer(2)));
    alice.until_idle().await;
}

#[tokio::test]
async fn all_callers_of_an_attempt_get_the_same_error_and_the_next_begins_afresh() {
    let world = World::new();
    let alice = world.host(1);
    let nobody = Address::memory(900);
    let gate = Arc::new(Semaphore::new(0));
    alice.lab.set(&nobody, Way::Held(gate.clone()));

    let release = async {
        settle().await;
        gate.add_permits(2);
    };
    let (first, second, ()) = tokio::join!(
        alice.swarm.connect_peer(peer(2), [nobody.clone()]),
        alice.swarm.connect_peer(peer(2), [nobody.clone()]),
        release,
    );
    assert_eq!(alice.lab.dials(), 1);
    assert_eq!(
        first.unwrap_err().to_string(),
        second.unwrap_err().to_string()
    );

    alice
        .swarm
        .connect_peer(peer(2), [nobody])
        .await
        .unwrap_err();
    assert_eq!(alice.lab.dials(), 2);
}
