//! A day in which nobody says anything.

use std::time::Duration;

use sinew::Config;
use sinew_simnet::{Link, World};
use sinew_testkit::Seed;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, ask, start},
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "idle",
    about: "A host to which others are connected, each with one connection, from a minute after the last connected; both \
            sides have the default settings.",
    is_cheap: false,
    measure,
};

fn measure(report: &mut Report) -> Result<(), Error> {
    let columns = [
        "",
        "connections",
        "hours",
        "packets per second and connection",
        "bytes per second and connection",
        "connections left",
        "memory",
    ];
    let mut table = Table::new("Both directions together", columns);
    for carrier in Carrier::ALL {
        let (connections, hours) = SIZE;
        table.row(one(carrier, connections, hours, report)?);
    }
    report.add(table);
    Ok(())
}

fn one(
    carrier: Carrier,
    connections: u32,
    hours: u32,
    report: &mut Report,
) -> Result<Vec<String>, Error> {
    let world = World::new(Seed::new(1));
    world.set_time_limit(HOUR * (hours + 1));
    world.set_default_link(Link::with_delay(Duration::from_millis(25)));
    let center = world.node("center");
    let row = world.try_block_on(async {
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
        let memory = resident_bytes();
        world.sleep(HOUR * (hours - 1)).await;
        let grown = resident_bytes() as f64 / memory.max(1) as f64 - 1.0;
        let (taken, after) = (world.now() - start, world.traffic());
        let left = host.connections().len();
        for other in &others {
            ask(other, host.peer_id(), b"still there?").await?;
        }
        let each = |count: u64| count as f64 / taken.as_secs_f64() / f64::from(connections);
        Ok::<_, Error>(vec![
            carrier.to_string(),
            connections.to_string(),
            hours.to_string(),
            format!("{:.3}", each(after.sent - before.sent)),
            format!("{:.1}", each(after.sent_bytes - before.sent_bytes)),
            left.to_string(),
            // Not to the byte: the process has other things in it than this world.
            if grown < 0.02 {
                "flat".to_owned()
            } else {
                format!("grew by {:.0} %", grown * 100.0)
            },
        ])
    })??;
    report.ran(&world);
    Ok(row)
}

/// Settings with room for everybody.
pub(super) fn roomy() -> Config {
    let mut config = Config::default();
    config.limits.max_connections = 8192;
    config.limits.max_inbound_connections = 4096;
    config
}

/// Memory of this process; 0 where the platform does not tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// Connections, and hours from 2 on: memory is compared with what it was after the first.
const SIZE: (u32, u32) = (1000, 24);

const HOUR: Duration = Duration::from_secs(3600);

/// Nobody connects at the same moment as another.
const APART: Duration = Duration::from_millis(37);
