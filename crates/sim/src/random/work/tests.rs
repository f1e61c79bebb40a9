//! Tests of which error says that another peer was there.

use sinew::Address;
use sinew_simnet::World;

use super::*;

#[test]
fn a_dial_to_another_names_who_was_expected_and_who_is_there() {
    let [nobody, other] = [1, 2].map(peer);
    let (error, there) = dial(nobody, 4001);

    assert!(is_wrong_peer(&error, nobody, there), "{error:?}");
    assert!(!is_wrong_peer(&error, other, there));
    assert!(!is_wrong_peer(&error, nobody, other));
}

#[test]
fn a_dial_that_nobody_answers_does_not_say_that_another_is_there() {
    let nobody = peer(1);
    let (error, there) = dial(nobody, 4002);

    assert!(!is_wrong_peer(&error, nobody, there), "{error:?}");
}

/// Dials a port of a host that listens at 4001 as that of `expected`, and returns who is there.
fn dial(expected: PeerId, port: u16) -> (ConnectError, PeerId) {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.block_on(async {
        let at = |port| Address::tcp((bob.ipv4(), port).into());
        let theirs = bob.host().listen(at(4001)).start().await.unwrap();
        let ours = alice.host().start().await.unwrap();
        let addresses = [at(port).with_peer(expected)];
        let error = ours.connect_peer(expected, addresses).await.unwrap_err();
        (error, theirs.peer_id())
    })
}

fn peer(number: u64) -> PeerId {
    Keypair::ed25519_from_secret(Seed::new(number).bytes()).peer_id()
}
