//! How many round trips a user waits. `docs/round-trips.md` holds these numbers beside those of others.

use std::time::Duration;

use sinew::Address;
use sinew_simnet::Node;
use sinew_tcp::{Config, SecurityProtocol};
use sinew_transport::{MuxerChoice, Security};

use crate::fixture::{RTT, apart, echo, quic_at, start_with, tcp_at};

const TLS: SecurityProtocol = SecurityProtocol::Tls;
const NOISE: SecurityProtocol = SecurityProtocol::Noise;

#[test]
fn quic_answers_after_two_round_trips() {
    // One for the handshake, and one for request and answer: naming the protocol costs none.
    let cost = dial(quic_at, Config::default(), Config::default());

    assert_eq!(cost.round_trips, [1, 2, 3]);
}

#[test]
fn tcp_answers_after_three_round_trips_when_one_security_protocol_is_offered() {
    // One for TCP's handshake, one for the other, which the protocol's name travels with, and one for request
    // and answer.
    for (security, muxer) in [(TLS, MuxerChoice::InTls), (NOISE, MuxerChoice::InNoise)] {
        let cost = dial(tcp_at, only(security), Config::default());

        assert_eq!(cost.round_trips, [2, 3, 4], "{security:?}");
        assert_eq!(cost.security.choice, muxer);
    }
}

#[test]
fn a_muxer_that_is_negotiated_costs_no_round_trip() {
    // The dialer names the muxer behind its last message of the handshake, and the stream behind that.
    for security in [TLS, NOISE] {
        let mut theirs = Config::default();
        theirs.protocol.early_muxer = false;

        let cost = dial(tcp_at, only(security), theirs);

        assert_eq!(cost.round_trips, [2, 3, 4], "{security:?}");
        assert_eq!(cost.security.choice, MuxerChoice::Negotiated);
    }
}

#[test]
fn tcp_answers_after_four_round_trips_when_a_choice_of_security_protocols_is_offered() {
    // The answer to the first proposal has to be known before the handshake can begin.
    for theirs in [Config::default(), only(TLS)] {
        let cost = dial(tcp_at, Config::default(), theirs);

        assert_eq!(cost.round_trips, [3, 4, 5]);
        assert_eq!(cost.security.choice, MuxerChoice::InTls);
    }
}

#[test]
fn a_second_choice_of_security_protocol_costs_no_more_than_the_first() {
    // It is the last: with nothing else to offer, the handshake does not wait for the answer.
    let cost = dial(tcp_at, Config::default(), only(NOISE));

    assert_eq!(cost.round_trips, [3, 4, 5]);
    assert_eq!(cost.security.choice, MuxerChoice::InNoise);
}

struct Cost {
    /// Until there is a connection, the answer on a first stream, and the answer on a second one.
    round_trips: [u128; 3],
    security: Security,
}

/// Has Alice dial Bob, say something, and say something again on another stream.
fn dial(at: fn(&Node) -> Address, ours: Config, theirs: Config) -> Cost {
    let (world, alice, bob) = apart();
    world.block_on(async {
        let alice = start_with(alice.host_with(sinew_quic::Config::default(), ours), []).await;
        let builder = bob.host_with(sinew_quic::Config::default(), theirs);
        let bob = start_with(builder, [at(&bob)]).await;
        let begun = world.elapsed();

        let peer = alice.connect(bob.listen_addresses().remove(0)).await;
        let peer = peer.unwrap();
        let connected = world.elapsed();
        assert_eq!(echo(&alice, peer, b"hello").await, b"hello");
        let answered = world.elapsed();
        assert_eq!(echo(&alice, peer, b"again").await, b"again");
        let again = world.elapsed();

        Cost {
            round_trips: [connected, answered, again].map(|at| round_trips(at - begun)),
            security: alice.connections().remove(0).security,
        }
    })
}

fn only(security: SecurityProtocol) -> Config {
    let mut config = Config::default();
    config.protocol.securities = vec![security];
    config
}

/// # Panics
///
/// It is not a whole number of them: something else takes time.
fn round_trips(elapsed: Duration) -> u128 {
    let (elapsed, rtt) = (elapsed.as_nanos(), RTT.as_nanos());
    assert_eq!(elapsed % rtt, 0, "{elapsed} ns are no whole round trips");
    elapsed / rtt
}
