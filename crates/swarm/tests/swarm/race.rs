//! Which of a peer's addresses is dialed when, and which connection is kept.

use std::time::Duration;

use futures_util::FutureExt;
use sinew_multiaddr::Address;
use sinew_swarm::{ConnectError, DialFailure};
use tokio::time::Instant;

use crate::{
    fixture::{Host, World, settle},
    lab::Way,
};

const QUIC_V6: &str = "/ip6/2001:db8::7/udp/4001/quic-v1";
const QUIC_V4: &str = "/ip4/192.0.2.7/udp/4001/quic-v1";
const TCP_V6: &str = "/ip6/2001:db8::7/tcp/4001";
const TCP_V4: &str = "/ip4/192.0.2.7/tcp/4001";
const NEAR_TCP: &str = "/ip4/10.0.0.7/tcp/4001";

const STEP: Duration = Duration::from_millis(250);
const HANDSHAKE: Duration = Duration::from_millis(60);

/// Somebody who dials, and somebody who listens at addresses of all kinds.
struct Pair {
    alice: Host,
    bob: Host,
    listener: Address,
    start: Instant,
}

impl Pair {
    async fn new() -> Self {
        let world = World::new();
        let (bob, listener) = world.echoing(2).await;
        Self {
            alice: world.host(1),
            bob,
            listener,
            start: Instant::now(),
        }
    }

    /// Says that `address` leads to Bob.
    fn answers(&self, address: &str, after: Duration) {
        let way = Way::Leads(self.listener.clone().without_peer(), after);
        self.alice.lab.set(&parse(address), way);
    }

    fn set(&self, address: &str, way: Way) {
        self.alice.lab.set(&parse(address), way);
    }

    async fn connect(&self, addresses: &[&str]) -> Result<Duration, ConnectError> {
        let addresses: Vec<_> = addresses.iter().map(|it| parse(it)).collect();
        self.alice
            .swarm
            .connect_peer(self.bob.peer, addresses)
            .await?;
        Ok(self.start.elapsed())
    }

    fn begun(&self) -> Vec<(String, Duration)> {
        self.alice.lab.begun_since(self.start)
    }
}

fn parse(address: &str) -> Address {
    address.parse().unwrap()
}

fn expected<const N: usize>(dials: [(&str, Duration); N]) -> Vec<(String, Duration)> {
    dials
        .map(|(address, when)| (address.to_owned(), when))
        .into()
}

#[tokio::test(start_paused = true)]
async fn quic_that_answers_in_time_is_all_that_is_dialed() {
    let pair = Pair::new().await;
    for address in [QUIC_V6, QUIC_V4, TCP_V6, TCP_V4] {
        pair.answers(address, HANDSHAKE);
    }

    let took = pair.connect(&[TCP_V4, TCP_V6, QUIC_V4, QUIC_V6]).await;

    assert_eq!(took.unwrap(), HANDSHAKE);
    assert_eq!(pair.begun(), expected([(QUIC_V6, Duration::ZERO)]));
}

#[tokio::test(start_paused = true)]
async fn a_black_holed_udp_path_costs_the_delay_of_tcp_and_no_more() {
    let pair = Pair::new().await;
    pair.set(QUIC_V6, Way::Silent);
    pair.set(QUIC_V4, Way::Silent);
    pair.answers(TCP_V4, HANDSHAKE);

    let took = pair.connect(&[QUIC_V4, QUIC_V6, TCP_V4]).await;

    assert_eq!(took.unwrap(), STEP * 2 + HANDSHAKE);
    assert_eq!(
        pair.begun(),
        expected([
            (QUIC_V6, Duration::ZERO),
            (QUIC_V4, STEP),
            (TCP_V4, STEP * 2)
        ])
    );
    assert_eq!(pair.alice.lab.alive(), 0, "the losers are given up");
    assert_eq!(pair.alice.swarm.connections().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_udp_path_that_is_refused_costs_nothing() {
    let pair = Pair::new().await;
    pair.set(QUIC_V4, Way::Refused);
    pair.answers(TCP_V4, HANDSHAKE);

    let took = pair.connect(&[QUIC_V4, TCP_V4]).await;

    assert_eq!(took.unwrap(), HANDSHAKE);
}

#[tokio::test(start_paused = true)]
async fn a_private_address_does_not_wait_for_public_ones() {
    let pair = Pair::new().await;
    pair.set(QUIC_V6, Way::Silent);
    pair.answers(NEAR_TCP, HANDSHAKE);

    let took = pair.connect(&[QUIC_V6, NEAR_TCP]).await;

    assert_eq!(took.unwrap(), HANDSHAKE);
}

#[tokio::test(start_paused = true)]
async fn the_first_connection_wins_and_the_peer_sees_no_other() {
    let pair = Pair::new().await;
    pair.answers(QUIC_V6, STEP * 3);
    pair.answers(QUIC_V4, STEP);
    pair.answers(TCP_V4, STEP * 3);

    let took = pair.connect(&[QUIC_V4, QUIC_V6, TCP_V4]).await;
    tokio::time::sleep(STEP * 10).await;

    assert_eq!(took.unwrap(), STEP * 2);
    assert_eq!(pair.bob.swarm.connections().len(), 1);
    assert_eq!(pair.alice.swarm.connections().len(), 1);
    assert_eq!(pair.alice.lab.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_address_brought_late_is_ranked_among_those_that_wait() {
    let pair = Pair::new().await;
    pair.set(QUIC_V6, Way::Silent);
    pair.set(TCP_V6, Way::Silent);
    pair.answers(QUIC_V4, HANDSHAKE);

    let mut first = Box::pin(pair.connect(&[QUIC_V6, TCP_V6]));
    assert!(first.as_mut().now_or_never().is_none());
    tokio::time::sleep(STEP / 2).await;
    let late = pair.connect(&[QUIC_V4]);
    let (first, late) = tokio::join!(first, late);

    first.unwrap();
    assert_eq!(late.unwrap(), STEP + HANDSHAKE);
    assert_eq!(
        pair.begun(),
        expected([(QUIC_V6, Duration::ZERO), (QUIC_V4, STEP)])
    );
}

#[tokio::test(start_paused = true)]
async fn what_nobody_here_can_dial_takes_no_place_in_the_race() {
    let pair = Pair::new().await;
    pair.answers(TCP_V4, HANDSHAKE);

    // There is no transport for QUIC.
    let took = pair.connect(&[QUIC_V4, TCP_V4]).await;

    assert_eq!(took.unwrap(), HANDSHAKE);
}

#[tokio::test(start_paused = true)]
async fn every_failure_is_kept_in_the_order_in_which_it_came() {
    let pair = Pair::new().await;
    pair.set(QUIC_V6, Way::Silent);
    pair.set(QUIC_V4, Way::Refused);
    pair.set(TCP_V4, Way::Refused);

    let failed = match pair.connect(&[TCP_V4, QUIC_V4, QUIC_V6, TCP_V6]).await {
        Err(ConnectError::AllFailed(failed)) => failed,
        other => panic!("unexpected {other:?}"),
    };

    let order: Vec<_> = failed
        .attempts
        .iter()
        .map(|it| it.address.clone().without_peer().to_string())
        .collect();
    assert_eq!(order, [TCP_V6, QUIC_V4, TCP_V4, QUIC_V6]);
    assert!(matches!(
        failed.attempts[3].error,
        DialFailure::TimedOut { .. }
    ));
    settle().await;
    assert_eq!(pair.alice.lab.alive(), 0);
    pair.alice.until_idle().await;
}

#[tokio::test(start_paused = true)]
async fn delays_are_what_the_configuration_says() {
    let world = World::new();
    let (bob, listener) = world.echoing(2).await;
    let alice = world.host_with(1, |config| {
        config.dial_delays.public.quic = STEP * 4;
        config.dial_delays.public.tcp = STEP * 8;
    });
    for address in [QUIC_V6, QUIC_V4] {
        alice.lab.set(&parse(address), Way::Silent);
    }
    let way = Way::Leads(listener.without_peer(), HANDSHAKE);
    alice.lab.set(&parse(TCP_V4), way);
    let start = Instant::now();

    let addresses = [QUIC_V6, QUIC_V4, TCP_V4].map(parse);
    alice.swarm.connect_peer(bob.peer, addresses).await.unwrap();

    assert_eq!(
        alice.lab.begun_since(start),
        expected([
            (QUIC_V6, Duration::ZERO),
            (QUIC_V4, STEP * 4),
            (TCP_V4, STEP * 12)
        ])
    );
}
