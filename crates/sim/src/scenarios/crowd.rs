//! Many hosts that know each other.

use std::time::Duration;

use futures_util::future::try_join_all;
use rand::RngExt as _;
use sinew::Host;
use sinew_simnet::{Link, Node, World};
use sinew_testkit::Seed;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, ask, start},
    percentiles::{Percentiles, seconds},
};

pub(super) const THOUSAND: Scenario = Scenario {
    name: "crowd",
    about: "1,000 hosts that know each other's addresses; within ten seconds each connects to five others that are drawn, \
            and asks each of them something. Links have 10 to 90 ms in each direction, and 0.5 % loss.",
    is_cheap: false,
    measure: |report| measure(report, 1000),
};

pub(super) const DOZEN: Scenario = Scenario {
    name: "crowd-dozen",
    about: "As `crowd`, but with twelve hosts: small enough for every run of the tests.",
    is_cheap: true,
    measure: |report| measure(report, 12),
};

fn measure(report: &mut Report, hosts: usize) -> Result<(), Error> {
    let columns = [
        "",
        "hosts",
        "connections",
        "answers",
        "failures",
        "packets per connection",
        "kB per connection",
        "all done after, s",
    ];
    let mut totals = Table::new("All together", columns);
    let columns = [""].into_iter().chain(Percentiles::COLUMNS);
    let mut times = Table::new("From the wish to connect to the first answer", columns);
    for carrier in Carrier::ALL {
        let world = World::new(Seed::new(1));
        world.set_default_link(Link {
            delay: Duration::from_millis(10),
            jitter: Duration::from_millis(80),
            loss: 0.005,
            ..Link::default()
        });
        let crowd = world.try_block_on(live(&world, carrier, hosts))??;
        report.ran(&world);
        let traffic = world.traffic();
        let each = |count: u64| count as f64 / crowd.connections.max(1) as f64;
        totals.row([
            carrier.to_string(),
            hosts.to_string(),
            crowd.connections.to_string(),
            crowd.taken.len().to_string(),
            crowd.failures.to_string(),
            format!("{:.1}", each(traffic.sent)),
            format!("{:.1}", each(traffic.sent_bytes) / 1e3),
            seconds(crowd.done_after),
        ]);
        let taken = Percentiles::new(crowd.taken);
        times.row(std::iter::once(carrier.to_string()).chain(taken.cells()));
    }
    report.add(totals);
    report.add(times);
    Ok(())
}

struct Crowd {
    connections: usize,
    failures: usize,
    taken: Vec<Duration>,
    done_after: Duration,
}

async fn live(world: &World, carrier: Carrier, count: usize) -> Result<Crowd, Error> {
    let mut hosts = Vec::new();
    for number in 0..count {
        let node = world.node(&format!("host-{number}"));
        let (host, _) = start(node.host(), carrier.at(&node)).await?;
        hosts.push((node, host));
    }
    let began = world.now();
    let mut rng = Seed::new(1).child("who knows whom").rng();
    let mut friends = Vec::new();
    for number in 0..count {
        for _ in 0..FRIENDS {
            let step = rng.random_range(1..count);
            let wait = Duration::from_micros(rng.random_range(0..10_000_000));
            friends.push((number, (number + step) % count, wait));
        }
    }
    let meeting = friends.into_iter().map(|(one, other, wait)| {
        let pair = hosts.get(one).zip(hosts.get(other));
        async move {
            let ((_, one), (node, other)) = pair.ok_or(Error::Missing("a host"))?;
            world.sleep(wait).await;
            let start = world.now();
            let met = meet(one, node, other, carrier).await;
            Ok::<_, Error>(met.is_ok().then(|| world.now() - start))
        }
    });
    let met = try_join_all(meeting).await?;
    let done_after = world.now() - began;
    world.sleep(Duration::from_secs(5)).await;
    let ends: usize = hosts.iter().map(|(_, host)| host.connections().len()).sum();
    let connections = ends / 2;
    try_join_all(hosts.iter().map(|(_, host)| async {
        host.shutdown().await;
        Ok::<_, Error>(())
    }))
    .await?;
    world.sleep(Duration::from_secs(1800)).await;
    if hosts
        .iter()
        .any(|(node, _)| node.sockets() > 0 || !node.tasks().is_empty())
    {
        return Err(Error::Missing("something was not given back"));
    }
    Ok(Crowd {
        connections,
        failures: met.iter().filter(|met| met.is_none()).count(),
        taken: met.into_iter().flatten().collect(),
        done_after,
    })
}

async fn meet(one: &Host, node: &Node, other: &Host, carrier: Carrier) -> Result<(), Error> {
    let peer = other.peer_id();
    one.connect_peer(peer, [carrier.at(node).with_peer(peer)])
        .await?;
    ask(one, peer, b"who are you?").await
}

const FRIENDS: usize = 5;
