//! Paths on which a sender loses thousands of packets at once.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, join, select};
use sinew_simnet::Link;

use super::{
    Error, Report, Scenario, Table,
    dead_peer::closed,
    lab::{Carrier, Lab, with_quic},
    percentiles::megabits_per_second,
    throughput::{RTTS_MS, path},
    transfer,
};
use crate::sentence;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "gaps",
    about: "12 s of one QUIC stream at 200 Mbit/s and 50 ms, with queues that a sender can overrun: quinn-proto ends a \
            connection when a stream has more than about a thousand gaps. Ours allows 2 MiB on a stream, and keeps 2 MiB \
            until they are acknowledged, or up to 16 MiB towards its like; quinn's defaults are 1.25 MB and 10 MB, rust-libp2p's 10 MB and 10 MB. \
            It fails when a connection of which ours is a side ends, or carries less than 80 % of the path, or less than a \
            twelfth of it where a storm passes.",
    is_cheap: false,
    measure,
};

/// The windows of a side.
#[derive(Clone, Copy, Debug)]
struct Windows {
    who: &'static str,
    /// None for our defaults, whatever they are.
    sizes: Option<Sizes>,
    /// The largest packets, in bytes of UDP payload.
    max_mtu: u16,
}

/// In bytes.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    stream: u32,
    connection: u32,
    send: u32,
}

fn measure(report: &mut Report) -> Result<(), Error> {
    let columns = [
        "queue",
        "sender",
        "receiver",
        "Mbit/s",
        "lost packets",
        "end",
    ];
    let mut table = Table::new("What becomes of the connection", columns);
    for (queue, bytes) in [
        ("256 KiB", 256 << 10),
        ("1 MiB", 1 << 20),
        ("4 MiB", 4 << 20),
    ] {
        for (sender, receiver) in PAIRS {
            let lab = Lab::new(Link {
                delay: Duration::from_millis(25),
                bandwidth: Some(200_000_000),
                queue_bytes: bytes,
                ..Link::default()
            });
            let (rate, end) = lab.world.try_block_on(one(&lab, sender, receiver))??;
            report.ran(&lab.world);
            if sender.is_ours() || receiver.is_ours() {
                let (from, to) = (sender.who, receiver.who);
                let what = format!("from {from} to {to} with a queue of {queue}");
                demand(report, &what, (rate, 0.8 * 200.0), &end);
            }
            let lost: u64 = lab.world.traffic().lost.values().sum();
            table.row([
                queue.to_owned(),
                sender.who.to_owned(),
                receiver.who.to_owned(),
                format!("{rate:.1}"),
                lost.to_string(),
                end,
            ]);
        }
    }
    report.add(table);
    let storms = storms(report)?;
    report.add(storms);
    let cost = cost(report)?;
    report.add(cost);
    Ok(())
}

/// Loses much of a flight that holds all that a stream may have on the way.
fn storms(report: &mut Report) -> Result<Table, Error> {
    let title = "At 1 Gbit/s and 50 ms, when after 3 s a share of all packets is lost for a while";
    let columns = ["packets", "share", "for", "Mbit/s", "lost packets", "end"];
    let mut table = Table::new(title, columns);
    for max_mtu in [1200, 1452] {
        for loss in [0.3, 0.5, 0.7] {
            for time_ms in [50, 500] {
                let calm = Link {
                    bandwidth: Some(1_000_000_000),
                    ..path(50, 0.0)
                };
                let lab = Lab::new(calm);
                let storm = async {
                    lab.world.sleep(STORM_AFTER).await;
                    lab.world.set_default_link(Link { loss, ..calm });
                    lab.world.sleep(Duration::from_millis(time_ms)).await;
                    lab.world.set_default_link(calm);
                };
                let ours = Windows { max_mtu, ..OURS };
                let run = join(one(&lab, ours, ours), storm);
                let (outcome, ()) = lab.world.try_block_on(run)?;
                let (rate, end) = outcome?;
                report.ran(&lab.world);
                let percent = loss * 100.0;
                let what = format!("of {max_mtu} B when {percent} % are lost for {time_ms} ms");
                demand(report, &what, (rate, STORM_LEAST), &end);
                let lost: u64 = lab.world.traffic().lost.values().sum();
                table.row([
                    format!("{max_mtu} B"),
                    format!("{percent} %"),
                    format!("{time_ms} ms"),
                    format!("{rate:.1}"),
                    lost.to_string(),
                    end,
                ]);
            }
        }
    }
    Ok(table)
}

/// Measures what is lost by staying on the safe side.
fn cost(report: &mut Report) -> Result<Table, Error> {
    let columns = ["round trip", "our windows", "rust-libp2p's windows"];
    let mut table = Table::new("Mbit/s with a queue of 1 MiB", columns);
    for rtt in RTTS_MS {
        let mut cells = vec![format!("{rtt} ms")];
        for windows in [OURS, LIBP2P] {
            let lab = Lab::new(path(rtt, 0.0));
            let (rate, end) = lab.world.try_block_on(one(&lab, windows, windows))??;
            report.ran(&lab.world);
            if windows.is_ours() {
                // What a stream gets on a long path is the throughput scenario's to demand.
                demand(report, &format!("at {rtt} ms"), (rate, 0.0), &end);
            }
            cells.push(if end == LIVES {
                format!("{rate:.1}")
            } else {
                end
            });
        }
        table.row(cells);
    }
    Ok(table)
}

/// In Mbit/s, of 1 Gbit/s.
const STORM_LEAST: f64 = 1000.0 / 12.0;

/// Notes a connection that ended, or that carried less than is demanded, in Mbit/s.
fn demand(report: &mut Report, what: &str, (rate, demanded): (f64, f64), end: &str) {
    if end != LIVES {
        report.miss(format!("the connection {what} is {end}"));
    } else if rate < demanded {
        report.miss(format!("{rate:.1} Mbit/s {what} are less than {demanded}"));
    }
}

/// Returns the Mbit/s that arrived, and how the connection ended if it did.
async fn one(lab: &Lab, sender: Windows, receiver: Windows) -> Result<(f64, String), Error> {
    let near = with_quic(&lab.near, |config| sender.set(config));
    let far = with_quic(&lab.far, |config| receiver.set(config));
    let pair = lab.connect_with(Carrier::Quic, near, far).await?;
    let mut events = pair.near.events();
    let start = lab.world.now();
    let sending = async {
        // How it ends is told by the event.
        transfer::upload(&pair.near, pair.peer, u64::MAX).await.ok();
        closed(&mut events).await
    };
    let end = match select(pin!(sending), pin!(lab.world.sleep(TIME))).await {
        Either::Left((reason, _)) => {
            let after = (lab.world.now() - start).as_secs_f64();
            format!("**dead** after {after:.2} s: {}", sentence(&reason?))
        }
        Either::Right(_) => LIVES.to_owned(),
    };
    let arrived = pair.traces.of(pair.near.peer_id()).arrived();
    let taken = lab.world.now() - start;
    Ok((megabits_per_second(arrived, taken), end))
}

impl Windows {
    fn is_ours(self) -> bool {
        self.sizes.is_none()
    }

    fn set(self, config: &mut sinew_quic_proto::Config) {
        config.max_mtu = Some(self.max_mtu);
        if let Some(sizes) = self.sizes {
            config.dangerous_windows = true;
            // These are others, as they are.
            config.reads_beyond_gaps = false;
            config.stream_receive_window = sizes.stream;
            config.receive_window = sizes.connection;
            config.send_window = sizes.send;
        }
    }
}

const OURS: Windows = Windows {
    who: "ours",
    sizes: None,
    max_mtu: ETHERNET,
};

const QUINN: Windows = Windows {
    who: "quinn's windows",
    sizes: Some(Sizes {
        stream: 1_250_000,
        connection: u32::MAX,
        send: 10_000_000,
    }),
    max_mtu: ETHERNET,
};

const LIBP2P: Windows = Windows {
    who: "rust-libp2p's windows",
    sizes: Some(Sizes {
        stream: 10_000_000,
        connection: 15_000_000,
        send: 10_000_000,
    }),
    max_mtu: ETHERNET,
};

const PAIRS: [(Windows, Windows); 6] = [
    (OURS, OURS),
    (OURS, QUINN),
    (OURS, LIBP2P),
    (QUINN, OURS),
    (LIBP2P, OURS),
    (LIBP2P, LIBP2P),
];

/// The default.
const ETHERNET: u16 = 1452;

/// It is another 3 s until the connection is made.
const STORM_AFTER: Duration = Duration::from_secs(6);

const LIVES: &str = "lives";

const TIME: Duration = Duration::from_secs(12);
