//! How many round trips a user waits.

use std::time::Duration;

use crate::fixture::{RTT, apart, echo, start};

#[test]
fn quic_answers_after_two_round_trips_and_then_after_one() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (alice, bob) = (start(&alice).await, start(&bob).await);
        let address = bob.listen_addresses().remove(0);
        let begun = world.elapsed();

        // One for the handshake, and one for request and answer: naming the protocol costs none.
        let peer = alice.connect(address).await.unwrap();
        let connected = world.elapsed();
        assert_eq!(echo(&alice, peer, b"hello").await, b"hello");
        let answered = world.elapsed();
        assert_eq!(echo(&alice, peer, b"again").await, b"again");
        let again = world.elapsed();

        assert_eq!(round_trips(connected - begun), 1);
        assert_eq!(round_trips(answered - begun), 2);
        assert_eq!(round_trips(again - answered), 1);
    });
}

/// # Panics
///
/// It is not a whole number of them: something else takes time.
fn round_trips(elapsed: Duration) -> u128 {
    let (elapsed, rtt) = (elapsed.as_nanos(), RTT.as_nanos());
    assert_eq!(elapsed % rtt, 0, "{elapsed} ns are no whole round trips");
    elapsed / rtt
}
