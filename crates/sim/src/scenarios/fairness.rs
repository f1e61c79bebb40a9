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
            arrived in a minute that begins 30 s after the second, and Jain's index, which is 1 when both are equal and 0.5 \
            when one has all. At 20 and 50 Mbit/s each pair is measured with two seeds: the least and the most of the \
            first's shares, and the worst index. Queues are given in packets or as the share of what the path holds. It \
            fails when ours and another have an index below 0.8, unless Cubic and NewReno, one of them in the place of \
            ours, have an even lower one there; and when one of them has less than a quarter of its fair share: but for 5 \
            packets at 65 and 100 ms, and at 150 ms.",
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

/// A way on which flows are compared, and how.
#[derive(Clone, Copy, Debug)]
struct Path {
    megabits_per_second: u64,
    rtt_ms: u64,
    queues: &'static [&'static [Queue]],
    seeds: &'static [u64],
    /// The shortest queue, in bytes, with which ours must be fair.
    demanded_from: usize,
}

/// How much a bottleneck keeps.
#[derive(Clone, Copy, Debug)]
enum Queue {
    /// Quarters of what the path holds.
    Quarters(usize),
    /// Full packets.
    Packets(usize),
}

/// Two flows at one bottleneck, measured with several seeds.
#[derive(Clone, Debug)]
struct Row {
    flows: [Flow; 2],
    /// The first's share of what arrived, for each seed.
    shares: Vec<f64>,
    /// Of both together, on average.
    megabits_per_second: f64,
}

fn measure(report: &mut Report) -> Result<(), Error> {
    for (paths, chosen) in [
        (&CHOSEN[..], ""),
        (&HELD_OUT[..], ", not used for choosing"),
    ] {
        for path in paths {
            let title = format!(
                "Two flows at {} Mbit/s and a round trip of {} ms, {} kB on the way{chosen}",
                path.megabits_per_second,
                path.rtt_ms,
                path.held() / 1000
            );
            let mut table = Table::new(title, COLUMNS);
            for queue in path.queues.iter().copied().flatten() {
                compare(*path, *queue, report, &mut table)?;
            }
            report.add(table);
        }
    }
    Ok(())
}

fn compare(path: Path, queue: Queue, report: &mut Report, table: &mut Table) -> Result<(), Error> {
    let bottleneck = path.bottleneck(queue);
    let mut rows = Vec::new();
    for flows in PAIRS {
        rows.push(several(path.seeds, bottleneck, flows, report)?);
    }
    for row in &rows {
        let others = row
            .others()
            .and_then(|flows| rows.iter().find(|it| it.flows == flows));
        let is_demanded = row.flows.contains(&OURS) && bottleneck.queue_bytes >= path.demanded_from;
        if is_demanded && !row.is_fair(others) {
            report.miss(format!("{row} share {bottleneck} too unfairly"));
        }
        table.row(row.cells(queue, others));
    }
    Ok(())
}

fn several(
    seeds: &[u64],
    bottleneck: Bottleneck,
    flows: [Flow; 2],
    report: &mut Report,
) -> Result<Row, Error> {
    let mut shares = Vec::new();
    let mut bytes = 0;
    for seed in seeds {
        let [first, second] = one(*seed, bottleneck, flows, report)?;
        let all = first + second;
        shares.push(first as f64 / all as f64);
        bytes += all;
    }
    let time = MEASURED.as_secs_f64() * seeds.len() as f64;
    let megabits_per_second = bytes as f64 * 8.0 / time / 1e6;
    Ok(Row {
        flows,
        shares,
        megabits_per_second,
    })
}

impl Row {
    /// Tells whether it is as fair as a default must be, or at least fairer than others are in the same place.
    fn is_fair(&self, others: Option<&Self>) -> bool {
        let [least, most] = self.extremes();
        let smaller = least.min(1.0 - most);
        let others = others.map_or(1.0, Self::worst_index);
        self.worst_index() >= LEAST_INDEX.min(others) && smaller >= LEAST_SHARE
    }

    /// Returns Cubic and NewReno in the place of ours and the rival: what lies between these two in how much it takes
    /// cannot be closer to both than they are to each other.
    fn others(&self) -> Option<[Flow; 2]> {
        let other = |rival| if rival == CUBIC { NEW_RENO } else { CUBIC };
        match self.flows {
            [OURS, OURS] => None,
            [OURS, rival] => Some([other(rival), rival]),
            [rival, OURS] => Some([rival, other(rival)]),
            _ => None,
        }
    }

    fn worst_index(&self) -> f64 {
        self.shares.iter().copied().map(index).fold(1.0, f64::min)
    }

    /// Returns the least and the most of the first's shares.
    fn extremes(&self) -> [f64; 2] {
        let shares = self.shares.iter().copied();
        [
            shares.clone().fold(1.0, f64::min),
            shares.fold(0.0, f64::max),
        ]
    }

    fn cells(&self, queue: Queue, others: Option<&Self>) -> impl Iterator<Item = String> {
        let shares = self.extremes().map(|it| format!("{:.1} %", 100.0 * it));
        let rest = [
            format!("{:.3}", self.worst_index()),
            others.map_or("–".to_owned(), |it| format!("{:.3}", it.worst_index())),
            format!("{:.1}", self.megabits_per_second),
        ];
        let names = self.flows.map(|flow| flow.to_string());
        let row = [queue.to_string()].into_iter().chain(names);
        row.chain(shares).chain(rest)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.flows;
        write!(f, "{first} and {second}")
    }
}

impl fmt::Display for Bottleneck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} Mbit/s, {} ms and a queue of {} B",
            self.megabits_per_second,
            self.rtt.as_millis(),
            self.queue_bytes
        )
    }
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

impl Path {
    /// Returns the bytes that are on the way when it is full.
    fn held(self) -> usize {
        self.megabits_per_second as usize * 125 * self.rtt_ms as usize
    }

    fn bottleneck(self, queue: Queue) -> Bottleneck {
        Bottleneck {
            megabits_per_second: self.megabits_per_second,
            rtt: Duration::from_millis(self.rtt_ms),
            queue_bytes: match queue {
                Queue::Quarters(quarters) => self.held() / 4 * quarters,
                Queue::Packets(packets) => packets * PACKET_BYTES,
            },
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quarters(quarters) if quarters % 4 == 0 => write!(f, "{}", quarters / 4),
            Self::Quarters(quarters) => write!(f, "{quarters}/4"),
            Self::Packets(packets) => write!(f, "{packets} packets"),
        }
    }
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

const TCP: Flow = Flow::Tcp;

/// Ours, and what others do to each other.
const PAIRS: [[Flow; 2]; 12] = [
    [OURS, OURS],
    [OURS, CUBIC],
    [CUBIC, OURS],
    [OURS, NEW_RENO],
    [NEW_RENO, OURS],
    [OURS, TCP],
    [TCP, OURS],
    [CUBIC, CUBIC],
    [CUBIC, NEW_RENO],
    [NEW_RENO, CUBIC],
    [CUBIC, TCP],
    [TCP, CUBIC],
];

/// Hardly a queue.
const PACKETS: [Queue; 3] = [Queue::Packets(5), Queue::Packets(10), Queue::Packets(20)];

/// From a shallow queue to a deep one.
const QUARTERS: [Queue; 3] = [Queue::Quarters(1), Queue::Quarters(4), Queue::Quarters(16)];

const fn path(
    megabits_per_second: u64,
    rtt_ms: u64,
    queues: &'static [&'static [Queue]],
    seeds: &'static [u64],
    demanded_from: usize,
) -> Path {
    Path {
        megabits_per_second,
        rtt_ms,
        queues,
        seeds,
        demanded_from,
    }
}

/// Those with which the constants of the controller were chosen.
const CHOSEN: [Path; 3] = [
    path(50, 40, &[&PACKETS, &QUARTERS], &[1, 2], 0),
    path(20, 100, &[&PACKETS, &QUARTERS], &[1, 2], 10 * PACKET_BYTES),
    // What takes long to measure.
    path(200, 20, &[&QUARTERS], &[1], 0),
];

/// Those with which they were not.
const HELD_OUT: [Path; 3] = [
    path(
        50,
        65,
        &[&PACKETS, &QUARTERS],
        &[101, 102],
        10 * PACKET_BYTES,
    ),
    // It is not fair there, and the table says so.
    path(20, 150, &[&PACKETS, &QUARTERS], &[101, 102], usize::MAX),
    path(200, 35, &[&QUARTERS], &[101], 0),
];

const COLUMNS: [&str; 8] = [
    "queue",
    "first",
    "second",
    "first's share, least",
    "most",
    "worst index",
    "of Cubic and NewReno there",
    "Mbit/s in all",
];

/// A full packet, with headers.
const PACKET_BYTES: usize = 1480;

/// What is demanded of a default beside itself, Cubic and NewReno: this index, and a quarter of the fair share.
const LEAST_INDEX: f64 = 0.8;
const LEAST_SHARE: f64 = 0.125;

const LATER: Duration = Duration::from_secs(2);

/// After a deep queue was overrun it takes a flow half a minute to get its share.
const SETTLED: Duration = Duration::from_secs(30);

const MEASURED: Duration = Duration::from_secs(60);
