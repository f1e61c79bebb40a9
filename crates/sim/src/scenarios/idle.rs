//! Days in which nobody says anything.

use std::time::Duration;

use sinew::Config;
use sinew_simnet::{Link, World};
use sinew_testkit::{Heap, Seed};

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, ask, start},
};

pub(super) const DAY: Scenario = Scenario {
    name: "idle",
    about: "A host to which others are connected, each with one connection, from a minute after the last connected; both \
            sides have the default settings. The heap is that of the whole world, so of both sides of each connection. It \
            fails when a connection is gone, costs more than 0.25 packets a second, or when the heap has grown by more than \
            1 % since the first hour.",
    is_cheap: false,
    measure: |report| measure(report, 1000, &[6, 12, 24], Bytes::Told),
};

pub(super) const HOURS: Scenario = Scenario {
    name: "idle-hours",
    about: "As `idle`, but small enough for every run of the tests.",
    is_cheap: true,
    measure: |report| measure(report, 8, &[2, 3], Bytes::Untold),
};

/// Whether a report says how large the heap is, which depends on the platform and on how the program was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bytes {
    Told,
    Untold,
}

/// Measures until the last of `hours`, and compares the heap at each of them with that after the first hour.
fn measure(
    report: &mut Report,
    connections: u32,
    hours: &[u32],
    bytes: Bytes,
) -> Result<(), Error> {
    let mut columns: Vec<String> = [
        "",
        "connections",
        "hours",
        "packets per second and connection",
        "bytes per second and connection",
        "connections left",
    ]
    .map(str::to_owned)
    .into();
    if bytes == Bytes::Told {
        columns.push("heap at hour 1, MB".to_owned());
    }
    let unit = bytes.unit();
    columns.extend(
        hours
            .iter()
            .map(|hour| format!("growth until hour {hour}, {unit}")),
    );
    let mut table = Table::new(
        "Both directions together",
        columns.iter().map(String::as_str),
    );
    for carrier in Carrier::ALL {
        let day = live(carrier, connections, hours, report)?;
        let mut row = vec![
            carrier.to_string(),
            connections.to_string(),
            day.hours.to_string(),
            format!("{:.3}", day.packets),
            format!("{:.1}", day.bytes),
            day.left.to_string(),
        ];
        if bytes == Bytes::Told {
            row.push(format!("{:.0}", day.heap as f64 / 1e6));
        }
        row.extend(hours.iter().zip(&day.later).map(|(hour, later)| {
            let growth = day.growth(*later);
            if growth > MOST_GROWTH {
                let percent = growth * 100.0;
                report.miss(format!(
                    "{carrier}: the heap has grown by {percent:.2} % at hour {hour}"
                ));
            }
            match bytes {
                Bytes::Told => format!("{:+}", *later as i128 - day.heap as i128),
                Bytes::Untold => format!("{:+.1}", growth * 1000.0),
            }
        }));
        table.row(row);
        if day.packets > MOST_PACKETS {
            let packets = day.packets;
            report.miss(format!(
                "{carrier}: an idle connection costs {packets:.3} packets per second"
            ));
        }
        if day.left < connections as usize {
            let left = day.left;
            report.miss(format!(
                "{carrier}: {left} of {connections} connections are left"
            ));
        }
    }
    report.add(table);
    Ok(())
}

/// What was measured.
struct Day {
    hours: u32,
    /// For each second and connection, there and back.
    packets: f64,
    bytes: f64,
    /// Connections that are still there at the end.
    left: usize,
    /// Bytes on the heap after an hour.
    heap: usize,
    /// The same later.
    later: Vec<usize>,
}

impl Bytes {
    /// In what growth is told: bytes differ from one platform to another.
    fn unit(self) -> &'static str {
        match self {
            Self::Told => "bytes",
            Self::Untold => "‰",
        }
    }
}

impl Day {
    /// Returns by how much of itself the heap has grown since the first hour.
    fn growth(&self, later: usize) -> f64 {
        later as f64 / self.heap as f64 - 1.0
    }
}

fn live(
    carrier: Carrier,
    connections: u32,
    hours: &[u32],
    report: &mut Report,
) -> Result<Day, Error> {
    let end = hours.last().copied().unwrap_or(1);
    let heap = Heap::begin();
    let world = World::new(Seed::new(1));
    world.set_time_limit(HOUR * (end + 1));
    world.set_default_link(Link::with_delay(Duration::from_millis(25)));
    let center = world.node("center");
    let day = world.try_block_on(async {
        let (host, _) = start(center.host().config(roomy()), carrier.at(&center)).await?;
        let address = carrier.at(&center).with_peer(host.peer_id());
        let mut others = Vec::new();
        for number in 0..connections {
            let node = world.node(&format!("other-{number}"));
            let other = node.host().start().await?;
            other.connect(address.clone()).await?;
            others.push(other);
            world.sleep(APART).await;
        }
        world.sleep(Duration::from_secs(60)).await;
        let (start, before) = (world.now(), world.traffic());
        world.sleep(HOUR).await;
        let first = heap.held();
        let mut later = Vec::new();
        for hour in hours {
            let until = start + HOUR * *hour;
            world.sleep(until - world.now()).await;
            later.push(heap.held());
        }
        let (taken, after) = (world.now() - start, world.traffic());
        let left = host.connections().len();
        for other in &others {
            ask(other, host.peer_id(), b"still there?").await?;
        }
        let each = |count: u64| count as f64 / taken.as_secs_f64() / f64::from(connections);
        Ok::<_, Error>(Day {
            hours: end,
            packets: each(after.sent - before.sent),
            bytes: each(after.sent_bytes - before.sent_bytes),
            left,
            heap: first,
            later,
        })
    })??;
    report.ran(&world);
    Ok(day)
}

/// Settings with room for everybody.
fn roomy() -> Config {
    let mut config = Config::default();
    config.limits.max_connections = 8192;
    config.limits.max_inbound_connections = 4096;
    config
}

/// By how much of itself the heap may grow between the first hour and any later one.
const MOST_GROWTH: f64 = 0.01;

/// What a connection may cost in a second, there and back. QUIC's ping each 10 s and its acknowledgement are 0.2.
const MOST_PACKETS: f64 = 0.25;

const HOUR: Duration = Duration::from_secs(3600);

/// Nobody connects at the same moment as another.
const APART: Duration = Duration::from_millis(37);
