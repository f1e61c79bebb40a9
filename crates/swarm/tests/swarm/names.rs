//! Names in addresses: looked up inside the attempt, and joining the race as they are found.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::join_all};
use sinew_multiaddr::Address;
use sinew_runtime::{IpFamily, LookupError};
use sinew_swarm::{AllFailed, Config, ConnectError, DialFailure, LookupFailure, Question};
use tokio::time::Instant;

use crate::{
    fixture::{Host, World, peer},
    lab::Way,
    zone::Zone,
};

const QUIC_V6: &str = "/ip6/2001:db8::7/udp/4001/quic-v1";
const QUIC_V4: &str = "/ip4/192.0.2.7/udp/4001/quic-v1";
const TCP_V4: &str = "/ip4/192.0.2.7/tcp/4001";

const STEP: Duration = Duration::from_millis(250);
const HANDSHAKE: Duration = Duration::from_millis(60);
const LOOKUP: Duration = Duration::from_millis(20);
const AT_ONCE: Duration = Duration::ZERO;

/// Somebody who looks names up, and somebody who has them.
struct Pair {
    alice: Host,
    bob: Host,
    listener: Address,
    zone: Zone,
    start: Instant,
}

impl Pair {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (world, zone) = (World::new(), Zone::default());
        let (bob, listener) = world.echoing(2).await;
        Self {
            alice: world.host_that_asks(1, Some(Arc::new(zone.clone())), change),
            bob,
            listener: listener.without_peer(),
            zone,
            start: Instant::now(),
        }
    }

    /// Says that `address` leads to Bob.
    fn answers(&self, address: &str) {
        let way = Way::Leads(self.listener.clone(), HANDSHAKE);
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

    async fn failure(&self, addresses: &[&str]) -> AllFailed {
        match self.connect(addresses).await {
            Err(ConnectError::AllFailed(failed)) => failed,
            other => panic!("unexpected {other:?}"),
        }
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

fn lookup_failure(error: &DialFailure) -> &LookupFailure {
    match error {
        DialFailure::Lookup(failure) => failure,
        other => panic!("unexpected {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_addresses_of_a_name_are_ranked_together() {
    let pair = Pair::new().await;
    pair.zone.ips("bob.example", LOOKUP, &["192.0.2.7"]);
    pair.zone.ips("bob.example", LOOKUP * 2, &["2001:db8::7"]);
    pair.alice.lab.set(&parse(QUIC_V6), Way::Silent);
    pair.alice.lab.set(&parse(QUIC_V4), Way::Silent);
    pair.alice
        .lab
        .set(&parse("/ip6/2001:db8::7/tcp/4001"), Way::Silent);
    pair.answers(TCP_V4);

    let took = pair
        .connect(&[
            "/dns/bob.example/tcp/4001",
            "/dns/bob.example/udp/4001/quic-v1",
        ])
        .await;

    let found = LOOKUP * 2;
    assert_eq!(
        pair.begun(),
        expected([
            (QUIC_V6, found),
            (QUIC_V4, found + STEP),
            ("/ip6/2001:db8::7/tcp/4001", found + STEP * 2),
            (TCP_V4, found + STEP * 3),
        ])
    );
    assert_eq!(took.unwrap(), found + STEP * 3 + HANDSHAKE);
    assert_eq!(pair.zone.asked(), 2, "both addresses share the answers");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_answers_late_holds_nobody_up() {
    let pair = Pair::new().await;
    pair.zone.silent("slow.example", IpFamily::V4);
    pair.answers(TCP_V4);

    let took = pair.connect(&["/dns4/slow.example/tcp/1", TCP_V4]).await;

    assert_eq!(took.unwrap(), HANDSHAKE);
    assert_eq!(pair.zone.alive(), 0, "nobody waits for the answer");
}

#[tokio::test(start_paused = true)]
async fn a_name_with_a_silent_family_is_dialed_at_the_other() {
    let pair = Pair::new().await;
    pair.zone.ips("bob.example", LOOKUP, &["192.0.2.7"]);
    pair.zone.silent("bob.example", IpFamily::V6);
    pair.answers(TCP_V4);

    let took = pair.connect(&["/dns/bob.example/tcp/4001"]).await;

    let head_start = pair.alice.swarm.config().lookups.ipv6_head_start;
    assert_eq!(took.unwrap(), LOOKUP + head_start + HANDSHAKE);
}

#[tokio::test(start_paused = true)]
async fn what_is_found_while_others_are_dialed_joins_the_race() {
    let pair = Pair::new().await;
    pair.zone.ips("bob.example", STEP * 2, &["192.0.2.7"]);
    pair.alice.lab.set(&parse(QUIC_V6), Way::Silent);
    pair.answers(QUIC_V4);

    let took = pair
        .connect(&[QUIC_V6, "/dns4/bob.example/udp/4001/quic-v1"])
        .await;

    assert_eq!(took.unwrap(), STEP * 2 + HANDSHAKE);
}

#[tokio::test(start_paused = true)]
async fn dnsaddr_leads_over_further_names_to_the_peer() {
    let pair = Pair::new().await;
    let of = |address: &str| format!("{address}/p2p/{}", pair.bob.peer);
    let others = format!("/dnsaddr/carol.example/p2p/{}", peer(3));
    let records = [of("/dnsaddr/bob.example"), others];
    pair.zone.dnsaddr("example", LOOKUP, &records);
    let records = [of("/dns4/host.example/tcp/4001"), of(TCP_V4)];
    pair.zone.dnsaddr("bob.example", LOOKUP, &records);
    pair.zone.ips("host.example", LOOKUP, &["192.0.2.7"]);
    pair.answers(TCP_V4);

    let took = pair.connect(&["/dnsaddr/example"]).await;

    assert_eq!(took.unwrap(), LOOKUP * 2 + HANDSHAKE);
    assert_eq!(pair.begun(), expected([(TCP_V4, LOOKUP * 2)]));
}

#[tokio::test(start_paused = true)]
async fn dnsaddr_without_a_peer_leads_to_those_whom_its_records_name() {
    let pair = Pair::new().await;
    let bobs = format!("{TCP_V4}/p2p/{}", pair.bob.peer);
    let own = format!("{QUIC_V4}/p2p/{}", pair.alice.peer);
    let wrong = format!("/ip4/192.0.2.8/tcp/1/p2p/{}", peer(3));
    pair.zone
        .dnsaddr("example", AT_ONCE, &[&own, &wrong, &bobs]);
    for address in [TCP_V4, QUIC_V4, "/ip4/192.0.2.8/tcp/1"] {
        pair.answers(address);
    }

    let connected = pair
        .alice
        .swarm
        .connect_address(parse("/dnsaddr/example"))
        .await
        .unwrap();
    let again = pair
        .alice
        .swarm
        .connect_address(parse("/dnsaddr/example"))
        .await
        .unwrap();

    assert_eq!(connected.peer, pair.bob.peer);
    assert_eq!(again, connected, "the connection is used again");
    assert_eq!(pair.zone.asked(), 1);
    let begun = pair.begun();
    assert!(
        begun.iter().all(|(address, _)| address != QUIC_V4),
        "that is Alice"
    );
}

#[tokio::test(start_paused = true)]
async fn giving_up_ends_the_look_ups_too() {
    let pair = Pair::new().await;
    pair.zone.silent("bob.example", IpFamily::V4);
    pair.zone.silent("bob.example", IpFamily::V6);

    let mut connect = Box::pin(pair.connect(&["/dns/bob.example/tcp/4001"]));
    assert!(connect.as_mut().now_or_never().is_none());
    assert_eq!(pair.zone.alive(), 2);
    drop(connect);

    assert_eq!(pair.zone.alive(), 0);
    pair.alice.until_idle().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_comes_later_with_an_address_does_not_wait_for_the_name() {
    let pair = Pair::new().await;
    pair.zone.silent("bob.example", IpFamily::V4);
    pair.answers(TCP_V4);

    let mut first = Box::pin(pair.connect(&["/dns4/bob.example/tcp/4001"]));
    assert!(first.as_mut().now_or_never().is_none());
    let (first, second) = tokio::join!(first, pair.connect(&[TCP_V4]));

    assert_eq!((first.unwrap(), second.unwrap()), (HANDSHAKE, HANDSHAKE));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_in_an_error_that_names_the_question() {
    let pair = Pair::new().await;
    pair.zone.silent("bob.example", IpFamily::V4);

    let failed = pair.failure(&["/dns4/bob.example/tcp/4001"]).await;

    let after = pair.alice.swarm.config().lookups.question_timeout;
    assert_eq!(pair.start.elapsed(), after);
    assert!(matches!(
        lookup_failure(&failed.attempts[0].error),
        LookupFailure::TimedOut { question: Question::Addresses(name, IpFamily::V4), after: it }
            if name.as_str() == "bob.example" && *it == after
    ));
    assert!(
        failed
            .to_string()
            .contains("the IPv4 addresses of bob.example")
    );
    pair.alice.until_idle().await;
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_slow_names_ends_at_the_limit_of_all() {
    let pair = Pair::new().await;
    let slow = Duration::from_secs(4);
    pair.zone
        .dnsaddr("1.example", slow, &["/dnsaddr/2.example"]);
    pair.zone
        .dnsaddr("2.example", slow, &["/dnsaddr/3.example"]);
    pair.zone.dnsaddr("3.example", slow, &[TCP_V4]);
    pair.answers(TCP_V4);

    let failed = pair.failure(&["/dnsaddr/1.example"]).await;

    let after = pair.alice.swarm.config().lookups.total_timeout;
    assert_eq!(pair.start.elapsed(), after);
    assert_eq!(
        failed.attempts[0].resolved_from,
        Some(parse("/dnsaddr/1.example").with_peer(pair.bob.peer))
    );
    assert_eq!(pair.zone.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_failure_says_which_name_it_came_from() {
    let pair = Pair::new().await;
    let records = [
        "/dns4/missing.example/tcp/1",
        TCP_V4,
        "/ip4/192.0.2.7/tcp/443/wss",
    ];
    pair.zone.dnsaddr("example", LOOKUP, &records);
    pair.alice.lab.set(&parse(TCP_V4), Way::Refused);

    let failed = pair.failure(&["/dnsaddr/example"]).await;

    let message = failed.to_string();
    for part in [
        "at any of 3 addresses",
        "/dns4/missing.example/tcp/1",
        "could not look up the IPv4 addresses of missing.example: the name does not exist",
        &format!("{TCP_V4}/p2p/{} (from /dnsaddr/example", pair.bob.peer),
        "the record /ip4/192.0.2.7/tcp/443/wss among the dnsaddr records of _dnsaddr.example",
        "unexpected component \"wss\"",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    let missing = &failed
        .attempts
        .iter()
        .find(|it| it.address.needs_lookup() && it.resolved_from.is_some());
    assert!(matches!(
        lookup_failure(&missing.unwrap().error),
        LookupFailure::Unanswered {
            source: LookupError::NoSuchName,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_name_leads_to_no_more_dials_than_an_attempt_may_make() {
    let pair = Pair::with(|config| config.max_addresses_per_dial = 10).await;
    let records: Vec<_> = (1..3000)
        .map(|port| format!("/ip4/192.0.2.7/tcp/{port}"))
        .collect();
    pair.zone.dnsaddr("example", AT_ONCE, &records);
    for record in &records {
        pair.alice.lab.set(&parse(record), Way::Refused);
    }

    let failed = pair.failure(&["/dnsaddr/example"]).await;

    assert_eq!(pair.begun().len(), 9, "the name counts as well");
    let cut = |error: &DialFailure| {
        matches!(
            error,
            DialFailure::Lookup(LookupFailure::TooManyRecords { count: 2999, .. })
        )
    };
    assert!(failed.attempts.iter().any(|it| cut(&it.error)));
}

#[tokio::test(start_paused = true)]
async fn no_more_questions_are_asked_at_once_than_may_be() {
    let pair = Pair::with(|config| config.lookups.concurrency = 3).await;
    let names: Vec<_> = (0..9).map(|n| format!("/dns4/{n}.example/tcp/1")).collect();
    for n in 0..9 {
        pair.zone.silent(&format!("{n}.example"), IpFamily::V4);
    }

    let connects: Vec<_> = names
        .iter()
        .zip(10..)
        .map(|(name, secret)| Box::pin(pair.alice.swarm.connect_peer(peer(secret), [parse(name)])))
        .collect();
    let mut all = Box::pin(join_all(connects));
    assert!(all.as_mut().now_or_never().is_none());

    assert_eq!(pair.zone.alive(), 3);
    assert!(all.await.iter().all(Result::is_err));
    assert_eq!(pair.zone.alive(), 0);
}
