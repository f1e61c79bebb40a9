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
    about: "Two senders share a bottleneck of 50 Mbit/s at a round trip of 40 ms (250 kB on the way) before one \
            receiver; the second begins 2 s after the first. Shares of what arrived in the minute from second 12 on, and \
            Jain's index, which is 1 when both are equal and 0.5 when one has all.",
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

fn measure(report: &mut Report) -> Result<(), Error> {
    let columns = [
        "queue",
        "first",
        "second",
        "first's share",
        "second's",
        "Jain's index",
        "Mbit/s in all",
    ];
    let mut table = Table::new("Two flows", columns);
    let queues = [
        ("64 KiB", 64 << 10),
        ("256 KiB", 256 << 10),
        ("1 MiB", 1 << 20),
    ];
    for (queue, bytes) in queues {
        for flows in PAIRS {
            let [one, other] = one(bytes, flows, report)?.map(|bytes| bytes as f64);
            let [first, second] = flows;
            let sum = one + other;
            let index = sum * sum / (2.0 * (one * one + other * other));
            table.row([
                queue.to_owned(),
                first.to_string(),
                second.to_string(),
                format!("{:.1} %", 100.0 * one / sum),
                format!("{:.1} %", 100.0 * other / sum),
                format!("{index:.3}"),
                format!("{:.1}", sum * 8.0 / MEASURED.as_secs_f64() / 1e6),
            ]);
        }
    }
    report.add(table);
    Ok(())
}

/// Returns how many bytes of each arrived in the time that is measured.
fn one(queue_bytes: usize, flows: [Flow; 2], report: &mut Report) -> Result<[u64; 2], Error> {
    let world = World::new(Seed::new(1));
    world.set_default_link(Link {
        // So that packets of the two do not come in step.
        jitter: Duration::from_millis(1),
        ..Link::with_delay(RTT / 2)
    });
    let nodes = [world.node("first"), world.node("second")];
    let receiver = world.node("receiver");
    receiver.set_downlink(Link {
        delay: Duration::ZERO,
        bandwidth: Some(50_000_000),
        queue_bytes,
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
            Self::Quic(Congestion::NewReno) => "QUIC, NewReno",
            Self::Quic(_) => "QUIC, Cubic",
            Self::Tcp => "TCP, NewReno",
        })
    }
}

const OURS: Flow = Flow::Quic(Congestion::Cubic);
const NEW_RENO: Flow = Flow::Quic(Congestion::NewReno);

const PAIRS: [[Flow; 2]; 8] = [
    [OURS, OURS],
    [OURS, NEW_RENO],
    [NEW_RENO, OURS],
    [OURS, Flow::Tcp],
    [Flow::Tcp, OURS],
    [NEW_RENO, NEW_RENO],
    [NEW_RENO, Flow::Tcp],
    [Flow::Tcp, Flow::Tcp],
];

const RTT: Duration = Duration::from_millis(40);
const LATER: Duration = Duration::from_secs(2);
const SETTLED: Duration = Duration::from_secs(8);
const MEASURED: Duration = Duration::from_secs(60);
