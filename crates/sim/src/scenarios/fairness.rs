//! Flows that share a bottleneck.

use std::{fmt, time::Duration};

use sinew::HostBuilder;
use sinew_quic_proto::Congestion;
use sinew_simnet::{Link, Node, World};
use sinew_testkit::Seed;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, start, with_quic},
    transfer::{self, Trace},
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "fairness",
    about: "Two senders share a bottleneck before one receiver; the second begins 2 s after the first. Shares of what \
            arrived in the minute from second 12 on, and Jain's index, which is 1 when both are equal and 0.5 when one has \
            all. Each pair is measured with three seeds, or two at 200 Mbit/s and where there is hardly a queue: the least and \
            the most of the first's shares, and the worst index. Queues are given as the share of what the path holds.",
    is_cheap: false,
    measure,
};

/// What a sender goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Quic(Congestion),
    /// The network's TCP, which is NewReno.
    Tcp,
}

/// What two senders share.
#[derive(Clone, Copy, Debug)]
struct Bottleneck {
    megabits_per_second: u64,
    rtt: Duration,
    queue_bytes: usize,
}

fn measure(report: &mut Report) -> Result<(), Error> {
    for (megabits_per_second, rtt_ms, seeds, pairs) in PATHS {
        let held = megabits_per_second as usize * 125 * rtt_ms as usize;
        let title = format!(
            "Two flows at {megabits_per_second} Mbit/s and a round trip of {rtt_ms} ms, {} kB on the way",
            held / 1000
        );
        let queues = [("1/4", held / 4), ("1", held), ("4", held * 4)];
        let bottleneck = |queue_bytes| Bottleneck {
            megabits_per_second,
            rtt: Duration::from_millis(rtt_ms),
            queue_bytes,
        };
        let queues = queues.map(|(name, bytes)| (name, bottleneck(bytes)));
        let table = table(title, &queues, seeds, pairs, report)?;
        report.add(table);
    }
    let queues = [("5 packets", 5), ("10 packets", 10), ("20 packets", 20)];
    let queues = queues.map(|(name, packets)| {
        let bottleneck = Bottleneck {
            megabits_per_second: 50,
            rtt: Duration::from_millis(40),
            queue_bytes: packets * 1480,
        };
        (name, bottleneck)
    });
    let title = "Hardly a queue, at 50 Mbit/s and a round trip of 40 ms, 169 packets on the way";
    let table = table(title.to_owned(), &queues, &[1, 2], &SHALLOW_PAIRS, report)?;
    report.add(table);
    Ok(())
}

fn table(
    title: String,
    queues: &[(&str, Bottleneck)],
    seeds: &[u64],
    pairs: &[[Flow; 2]],
    report: &mut Report,
) -> Result<Table, Error> {
    let columns = [
        "queue",
        "first",
        "second",
        "first's share, least",
        "most",
        "worst index",
        "Mbit/s in all",
    ];
    let mut table = Table::new(title, columns);
    for (queue, bottleneck) in queues {
        for flows in pairs {
            let mut shares = Vec::new();
            let mut megabits = 0.0;
            for seed in seeds {
                let [first, second] = one(*seed, *bottleneck, *flows, report)?;
                let (first, all) = (first as f64, (first + second) as f64);
                shares.push(first / all);
                megabits += all * 8.0 / MEASURED.as_secs_f64() / 1e6 / seeds.len() as f64;
            }
            let worst = shares.iter().copied().map(index).reduce(f64::min);
            let least = shares.iter().copied().reduce(f64::min);
            let most = shares.iter().copied().reduce(f64::max);
            let cells = [least, most].map(Option::unwrap_or_default);
            let cells = cells.map(|share| format!("{:.1} %", 100.0 * share));
            let flows = flows.map(|flow| flow.to_string());
            let rest = [
                format!("{:.3}", worst.unwrap_or_default()),
                format!("{megabits:.1}"),
            ];
            let row = [(*queue).to_owned()].into_iter().chain(flows);
            table.row(row.chain(cells).chain(rest));
        }
    }
    Ok(table)
}

/// Returns Jain's index for two flows, one of which has this share.
fn index(share: f64) -> f64 {
    let rest = 1.0 - share;
    1.0 / (2.0 * (share * share + rest * rest))
}

/// Returns how many bytes of each arrived in the time that is measured.
fn one(
    seed: u64,
    bottleneck: Bottleneck,
    flows: [Flow; 2],
    report: &mut Report,
) -> Result<[u64; 2], Error> {
    let world = World::new(Seed::new(seed));
    world.set_default_link(Link {
        // So that packets of the two do not come in step.
        jitter: Duration::from_millis(1),
        ..Link::with_delay(bottleneck.rtt / 2)
    });
    let nodes = [world.node("first"), world.node("second")];
    let receiver = world.node("receiver");
    receiver.set_downlink(Link {
        delay: Duration::ZERO,
        bandwidth: Some(bottleneck.megabits_per_second * 1_000_000),
        queue_bytes: bottleneck.queue_bytes,
        ..Link::default()
    });
    let shares = world.try_block_on(async {
        let (host, traces) = start(receiver.host(), Carrier::Quic.at(&receiver)).await?;
        host.listen(Carrier::Tcp.at(&receiver)).await?;
        let mut arriving = Vec::new();
        for (node, flow) in nodes.iter().zip(flows) {
            let sender = flow.builder(node).start().await?;
            arriving.push(traces.of(sender.peer_id()));
            let address = flow.carrier().at(&receiver).with_peer(host.peer_id());
            let peer = sender.connect(address).await?;
            node.spawn("sending", async move {
                // It ends with the world.
                transfer::upload(&sender, peer, u64::MAX).await.ok();
            });
            world.sleep(LATER).await;
        }
        world.sleep(SETTLED).await;
        let before: Vec<_> = arriving.iter().map(Trace::arrived).collect();
        world.sleep(MEASURED).await;
        let after = arriving.iter().map(Trace::arrived);
        let shares: Vec<_> = after
            .zip(before)
            .map(|(after, before)| after - before)
            .collect();
        <[u64; 2]>::try_from(shares).map_err(|_| Error::Missing("a flow is missing"))
    })??;
    report.ran(&world);
    Ok(shares)
}

impl Flow {
    fn carrier(self) -> Carrier {
        match self {
            Self::Quic(_) => Carrier::Quic,
            Self::Tcp => Carrier::Tcp,
        }
    }

    fn builder(self, node: &Node) -> HostBuilder {
        match self {
            Self::Quic(congestion) => with_quic(node, |config| config.congestion = congestion),
            Self::Tcp => node.host(),
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Quic(Congestion::Cubic) => "QUIC, Cubic",
            Self::Quic(Congestion::NewReno) => "QUIC, NewReno",
            Self::Quic(_) => "ours",
            Self::Tcp => "TCP, NewReno",
        })
    }
}

const OURS: Flow = Flow::Quic(Congestion::Tolerant);
const CUBIC: Flow = Flow::Quic(Congestion::Cubic);
const NEW_RENO: Flow = Flow::Quic(Congestion::NewReno);

const PAIRS: [[Flow; 2]; 7] = [
    [OURS, OURS],
    [OURS, CUBIC],
    [CUBIC, OURS],
    [OURS, NEW_RENO],
    [NEW_RENO, OURS],
    [OURS, Flow::Tcp],
    [Flow::Tcp, OURS],
];

const SHALLOW_PAIRS: [[Flow; 2]; 3] = [[OURS, OURS], [OURS, NEW_RENO], [CUBIC, NEW_RENO]];

/// Ours, and what others do to each other.
const MORE_PAIRS: [[Flow; 2]; 9] = [
    [OURS, OURS],
    [OURS, CUBIC],
    [CUBIC, OURS],
    [OURS, NEW_RENO],
    [NEW_RENO, OURS],
    [OURS, Flow::Tcp],
    [Flow::Tcp, OURS],
    [CUBIC, CUBIC],
    [CUBIC, Flow::Tcp],
];

/// What takes long to measure.
const FEW_PAIRS: [[Flow; 2]; 3] = [[OURS, OURS], [CUBIC, OURS], [OURS, Flow::Tcp]];

/// Megabits per second, round trip in milliseconds, seeds, flows.
const PATHS: [(u64, u64, &[u64], &[[Flow; 2]]); 3] = [
    (50, 40, &[1, 2, 3], &MORE_PAIRS),
    (20, 100, &[1, 2, 3], &PAIRS),
    (200, 20, &[1, 2], &FEW_PAIRS),
];

const LATER: Duration = Duration::from_secs(2);
const SETTLED: Duration = Duration::from_secs(8);
const MEASURED: Duration = Duration::from_secs(60);
