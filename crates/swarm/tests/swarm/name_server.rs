//! The same with a real resolver and a name server on this machine, which answers, fails, and lies.

use std::{net::IpAddr, sync::Arc, time::Duration};

use sinew_dns::{DnsResolver, Fault, NameServer};
use sinew_multiaddr::Address;
use sinew_runtime::LookupError;
use sinew_swarm::{AllFailed, ConnectError, DialFailure, LookupFailure};

use crate::{
    fixture::{Host, World, peer},
    lab::Way,
};

const TCP: &str = "/ip4/192.0.2.7/tcp/4001";

/// Somebody who asks a name server, and somebody who listens at [`TCP`].
struct Pair {
    alice: Host,
    bob: Host,
    server: NameServer,
}

impl Pair {
    async fn new() -> Self {
        Self::patient(GUARD).await
    }

    /// A pair of which Alice waits for so long for an answer.
    async fn patient(patience: Duration) -> Self {
        let (world, server) = (World::new(), NameServer::start().await.unwrap());
        let (bob, listener) = world.echoing(2).await;
        let mut config = sinew_dns::Config::default();
        config.timeout = GUARD;
        let resolver = DnsResolver::new([server.address()], config);
        let alice = world.host_that_asks(1, Some(Arc::new(resolver)), |config| {
            config.lookups.question_timeout = patience;
            config.lookups.total_timeout = GUARD;
        });
        let way = Way::Leads(listener.without_peer(), Duration::ZERO);
        alice.lab.set(&parse(TCP), way);
        Self { alice, bob, server }
    }

    async fn connect(&self, address: &str) -> Result<(), ConnectError> {
        let connect = self
            .alice
            .swarm
            .connect_peer(self.bob.peer, [parse(address)]);
        connect.await.map(|_| ())
    }

    async fn failure(&self, address: &str) -> AllFailed {
        let Err(ConnectError::AllFailed(failed)) = self.connect(address).await else {
            panic!("{address} leads to nobody")
        };
        failed
    }

    /// Returns why nothing could be dialed, if that has one reason.
    async fn lookup_failure(&self, address: &str) -> LookupFailure {
        let failed = self.failure(address).await;
        assert_eq!(failed.attempts.len(), 1, "{failed}");
        let DialFailure::Lookup(failure) = &failed.attempts[0].error else {
            panic!("unexpected {failed}")
        };
        failure.clone()
    }
}

fn parse(address: &str) -> Address {
    address.parse().unwrap()
}

#[tokio::test]
async fn nested_dnsaddr_and_dns_lead_to_the_peer() {
    let pair = Pair::new().await;
    let of_bob = |address: &str| format!("{address}/p2p/{}", pair.bob.peer);
    let carols = format!("/dnsaddr/carol.example/p2p/{}", peer(3));
    pair.server.add_dnsaddr("example", &carols);
    pair.server
        .add_dnsaddr("example", &of_bob("/dnsaddr/bob.example"));
    pair.server.add_text("_dnsaddr.bob.example", "v=spf1 -all");
    pair.server
        .add_dnsaddr("bob.example", &of_bob("/dns/host.bob.example/tcp/4001"));
    pair.server
        .add_ip("host.bob.example", "192.0.2.7".parse::<IpAddr>().unwrap());

    pair.connect("/dnsaddr/example").await.unwrap();

    let asked = pair.server.asked();
    assert_eq!(asked.len(), 4, "nobody asked for carol: {asked:?}");
    assert_eq!(pair.alice.swarm.peers(), [pair.bob.peer]);
}

#[tokio::test]
async fn records_that_lead_in_a_circle_are_asked_for_once() {
    let pair = Pair::new().await;
    pair.server
        .add_dnsaddr("one.example", "/dnsaddr/two.example");
    pair.server
        .add_dnsaddr("two.example", "/dnsaddr/one.example");

    let failure = pair.lookup_failure("/dnsaddr/one.example").await;

    assert!(matches!(failure, LookupFailure::Loop { name, .. } if name.as_str() == "one.example"));
    assert_eq!(pair.server.asked().len(), 2);
}

#[tokio::test]
async fn a_thousand_records_are_cut_at_the_bounds() {
    let pair = Pair::new().await;
    for port in 1..=1000 {
        pair.server
            .add_dnsaddr("b", &format!("/ip4/192.0.2.8/tcp/{port}"));
    }

    let failed = pair.failure("/dnsaddr/b").await;

    let config = pair.alice.swarm.config();
    assert!(failed.attempts.len() <= config.max_addresses_per_dial);
    let says_so = |error: &DialFailure| {
        matches!(
            error,
            DialFailure::Lookup(LookupFailure::TooManyRecords { count: 1000, .. })
        )
    };
    assert!(failed.attempts.iter().any(|it| says_so(&it.error)));
}

#[tokio::test]
async fn a_name_that_does_not_exist_and_a_server_that_fails_are_told_apart() {
    let pair = Pair::new().await;
    pair.server.fail("broken.example", Fault::Code(2));

    let missing = pair.lookup_failure("/dns/missing.example/tcp/1").await;
    let broken = pair.lookup_failure("/dns4/broken.example/tcp/1").await;

    assert!(matches!(
        missing,
        LookupFailure::Unanswered {
            source: LookupError::NoSuchName,
            ..
        }
    ));
    assert!(matches!(
        broken,
        LookupFailure::Unanswered {
            source: LookupError::ServerFailed { code: 2 },
            ..
        }
    ));
}

#[tokio::test]
async fn silence_and_garbage_end_at_the_time_limit() {
    let pair = Pair::patient(Duration::from_millis(50)).await;
    pair.server.fail("silent.example", Fault::Silence);
    pair.server.fail("_dnsaddr.garbage.example", Fault::Garbage);

    let silent = pair.lookup_failure("/dns4/silent.example/tcp/1").await;
    let garbage = pair.lookup_failure("/dnsaddr/garbage.example").await;

    assert!(matches!(silent, LookupFailure::TimedOut { .. }), "{silent}");
    assert!(
        matches!(
            garbage,
            LookupFailure::TimedOut { .. } | LookupFailure::Unanswered { .. }
        ),
        "{garbage}"
    );
    pair.alice.until_idle().await;
}

#[tokio::test]
async fn an_attempt_that_was_given_up_leaves_a_resolver_that_works() {
    let pair = Pair::new().await;
    pair.server.fail("silent.example", Fault::Silence);
    pair.server
        .add_ip("bob.example", "192.0.2.7".parse::<IpAddr>().unwrap());

    let asked = async {
        while pair.server.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        biased;
        outcome = pair.connect("/dns4/silent.example/tcp/1") => panic!("unexpected {outcome:?}"),
        () = asked => {}
    }
    pair.alice.until_idle().await;

    pair.connect("/dns4/bob.example/tcp/4001").await.unwrap();
}

/// Longer than anything here takes.
const GUARD: Duration = Duration::from_secs(60);
