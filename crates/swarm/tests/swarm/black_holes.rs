//! A network that swallows UDP or IPv6, and how soon a host stops to wait for it.

use std::time::Duration;

use sinew_multiaddr::Address;
use sinew_swarm::{AllFailed, Config, ConnectError, DialFailure, PathKind, PathState};
use tokio::time::Instant;

use crate::{
    fixture::{Host, World, drain, peer},
    lab::Way,
};

const QUIC: &str = "/ip4/192.0.2.7/udp/4001/quic-v1";
const TCP: &str = "/ip4/192.0.2.7/tcp/4001";
const QUIC_V6: &str = "/ip6/2001:db8::7/udp/4001/quic-v1";
const NEAR_QUIC: &str = "/ip4/10.0.0.7/udp/4001/quic-v1";
const NEAR_TCP: &str = "/ip4/10.0.0.7/tcp/4001";

const STEP: Duration = Duration::from_millis(250);
const HANDSHAKE: Duration = Duration::from_millis(60);

/// Somebody who dials through a network, and somebody at its other end.
struct Pair {
    alice: Host,
    bob: Host,
    listener: Address,
}

impl Pair {
    async fn new() -> Self {
        // Ten results and one probe in four: enough to see the rules.
        Self::with(|config| {
            let detection = config.black_hole_detection.as_mut().unwrap();
            (
                detection.window,
                detection.min_successes,
                detection.probe_every,
            ) = (10, 2, 4);
        })
        .await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let world = World::new();
        let (bob, listener) = world.echoing(2).await;
        let alice = world.host_with(1, change);
        let listener = listener.without_peer();
        let pair = Self {
            alice,
            bob,
            listener,
        };
        pair.swallow(QUIC);
        pair.swallow(QUIC_V6);
        pair.swallow(NEAR_QUIC);
        pair.answer(TCP);
        pair.answer(NEAR_TCP);
        pair
    }

    fn swallow(&self, address: &str) {
        self.alice.lab.set(&parse(address), Way::Silent);
    }

    fn answer(&self, address: &str) {
        let way = Way::Leads(self.listener.clone(), HANDSHAKE);
        self.alice.lab.set(&parse(address), way);
    }

    /// Connects, returns how long that took, and disconnects.
    async fn connect(&self, addresses: &[&str]) -> Result<Duration, AllFailed> {
        let start = Instant::now();
        let parsed: Vec<_> = addresses.iter().map(|it| parse(it)).collect();
        let connecting = self.alice.swarm.connect_peer(self.bob.peer, parsed);
        match connecting.await {
            Ok(_) => {}
            Err(ConnectError::AllFailed(failed)) => return Err(failed),
            Err(other) => panic!("unexpected {other:?}"),
        }
        let took = start.elapsed();
        self.alice.swarm.disconnect(self.bob.peer);
        self.alice.until_alone().await;
        Ok(took)
    }

    async fn connect_often(&self, times: usize, addresses: &[&str]) -> Vec<Duration> {
        let mut took = Vec::new();
        for _ in 0..times {
            took.push(self.connect(addresses).await.unwrap());
        }
        took
    }

    fn udp(&self) -> PathState {
        self.alice.swarm.path_state(PathKind::Udp)
    }

    fn dials_of(&self, address: &str) -> usize {
        let begun = self.alice.lab.counts.begun.lock().unwrap();
        begun.iter().filter(|(it, _)| *it == parse(address)).count()
    }
}

fn parse(address: &str) -> Address {
    address.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn udp_that_is_swallowed_costs_nothing_once_that_is_known() {
    let pair = Pair::new().await;
    let mut events = pair.alice.swarm.events();

    let took = pair.connect_often(14, &[QUIC, TCP]).await;

    assert_eq!(took[..10], [STEP + HANDSHAKE; 10]);
    assert_eq!(took[10..13], [HANDSHAKE; 3]);
    assert_eq!(took[13], STEP + HANDSHAKE, "one in four is tried");
    assert_eq!(pair.dials_of(QUIC), 11);
    assert_eq!(pair.udp(), PathState::Blocked);
    assert!(drain(&mut events).contains(&"UDP blocked".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_succeeds_opens_the_path() {
    let pair = Pair::new().await;
    pair.connect_often(10, &[QUIC, TCP]).await;
    pair.answer(QUIC);

    let mut events = pair.alice.swarm.events();
    pair.connect_often(5, &[QUIC, TCP]).await;

    assert_eq!(pair.udp(), PathState::Probing);
    assert!(drain(&mut events).contains(&"UDP probing".to_owned()));
    assert_eq!(pair.dials_of(QUIC), 12, "the probe, and the one after it");
}

#[tokio::test(start_paused = true)]
async fn a_peer_without_other_addresses_is_dialed_over_a_blocked_path() {
    let pair = Pair::new().await;
    pair.connect_often(10, &[QUIC, TCP]).await;
    pair.answer(QUIC);

    let took = pair.connect(&[QUIC]).await;

    assert_eq!(took.unwrap(), HANDSHAKE);
    assert_eq!(pair.udp(), PathState::Probing, "and opens it");
}

#[tokio::test(start_paused = true)]
async fn an_error_says_what_was_skipped_and_why() {
    let pair = Pair::new().await;
    pair.connect_often(10, &[QUIC, TCP]).await;
    pair.alice.lab.set(&parse(TCP), Way::Refused);

    let failed = pair.connect(&[QUIC, TCP]).await.unwrap_err();

    assert_eq!(failed.attempts.len(), 2);
    assert!(matches!(
        failed.attempts[1].error,
        DialFailure::BlackHole {
            kind: PathKind::Udp,
            successes: 0,
            dials: 10
        }
    ));
    let message = failed.to_string();
    assert!(
        message.contains("0 of the last 10 dials over UDP were answered"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn peers_that_answer_with_a_refusal_show_that_the_path_works() {
    let pair = Pair::new().await;
    pair.alice.lab.set(&parse(QUIC), Way::Refused);

    for _ in 0..20 {
        pair.connect(&[QUIC]).await.unwrap_err();
    }

    assert_eq!(pair.udp(), PathState::Allowed);
}

#[tokio::test(start_paused = true)]
async fn dials_that_nobody_answers_block_the_path_too() {
    let pair = Pair::new().await;

    for _ in 0..10 {
        pair.connect(&[QUIC]).await.unwrap_err();
    }

    assert_eq!(pair.udp(), PathState::Blocked);
}

#[tokio::test(start_paused = true)]
async fn what_happens_within_the_network_tells_nothing_of_the_way_out() {
    let pair = Pair::new().await;

    pair.connect_often(20, &[NEAR_QUIC, NEAR_TCP]).await;
    assert_eq!(pair.udp(), PathState::Probing);

    // A neighbour is reached sooner than a public address could answer.
    pair.connect_often(20, &[QUIC, NEAR_TCP]).await;
    assert_eq!(pair.udp(), PathState::Probing);
}

#[tokio::test(start_paused = true)]
async fn a_private_udp_address_is_dialed_while_udp_is_blocked() {
    let pair = Pair::new().await;
    pair.connect_often(10, &[QUIC, TCP]).await;
    pair.answer(NEAR_QUIC);

    let took = pair.connect(&[QUIC, NEAR_QUIC, NEAR_TCP]).await;

    assert_eq!(took.unwrap(), HANDSHAKE);
    assert_eq!(pair.dials_of(NEAR_QUIC), 1);
}

#[tokio::test(start_paused = true)]
async fn ipv6_that_is_swallowed_is_noticed_and_udp_is_not_blamed() {
    let pair = Pair::new().await;
    pair.answer(QUIC);

    let took = pair.connect_often(11, &[QUIC_V6, QUIC]).await;

    assert_eq!(took[9], STEP + HANDSHAKE);
    assert_eq!(took[10], HANDSHAKE);
    assert_eq!(
        pair.alice.swarm.path_state(PathKind::Ipv6),
        PathState::Blocked
    );
    assert_eq!(pair.udp(), PathState::Allowed);
}

#[tokio::test(start_paused = true)]
async fn detection_can_be_turned_off() {
    let pair = Pair::with(|config| config.black_hole_detection = None).await;

    let took = pair.connect_often(120, &[QUIC, TCP]).await;

    assert!(took.iter().all(|took| *took == STEP + HANDSHAKE));
    assert_eq!(pair.udp(), PathState::Allowed);
}

#[tokio::test(start_paused = true)]
async fn attempts_that_are_given_up_are_held_against_nobody() {
    let pair = Pair::new().await;

    for secret in 10..40 {
        let connecting = pair.alice.swarm.connect_peer(peer(secret), [parse(QUIC)]);
        let outcome = tokio::time::timeout(HANDSHAKE, connecting).await;
        assert!(outcome.is_err());
    }

    assert_eq!(pair.udp(), PathState::Probing);
    pair.alice.until_idle().await;
}
