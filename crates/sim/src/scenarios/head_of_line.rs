//! Small messages on many streams: what a loss on one costs the others.

use std::time::{Duration, Instant};

use futures_util::future::{try_join, try_join_all};
use sinew_simnet::{Link, World};
use sinew_transport::{ReadHalf, WriteHalf};

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, ECHO, Lab},
    percentiles::Percentiles,
    price::{Windows, price},
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "head-of-line",
    about: "64 bytes there and back on each of 16 streams of one connection, 500 times a stream and by turns, at a round \
            trip of 50 ms; loss in both directions. It fails when safe windows cost more than 5 % of the mean beside \
            windows of 24 MiB on both sides.",
    is_cheap: true,
    measure,
};

fn measure(report: &mut Report) -> Result<(), Error> {
    for period in [Duration::from_millis(100), Duration::from_millis(20)] {
        let title = format!(
            "A message every {period:?} on each stream, from when it was due until its answer"
        );
        let last = ["what the safe windows cost"];
        let columns = ["", "loss"].into_iter().chain(Percentiles::COLUMNS);
        let columns = columns.chain(last);
        let mut table = Table::new(title, columns);
        for loss in [0.0, 0.02] {
            for carrier in Carrier::ALL {
                let taken = run(carrier, Windows::Safe, loss, period, report)?;
                let percent = loss * 100.0;
                let price = match carrier {
                    Carrier::Quic => {
                        let large = run(carrier, Windows::Large, loss, period, report)?;
                        let rate = |taken: &Percentiles| 1.0 / taken.mean().as_secs_f64();
                        let what = format!("of the speed of messages at {percent} %");
                        price(report, &what, rate(&taken), Some(rate(&large)))
                    }
                    Carrier::Tcp => String::new(),
                };
                let named = [carrier.to_string(), format!("{percent} %")];
                table.row(named.into_iter().chain(taken.cells()).chain([price]));
            }
        }
        report.add(table);
    }
    Ok(())
}

fn run(
    carrier: Carrier,
    windows: Windows,
    loss: f64,
    period: Duration,
    report: &mut Report,
) -> Result<Percentiles, Error> {
    let lab = Lab::new(Link {
        delay: Duration::from_millis(25),
        loss,
        ..Link::default()
    });
    let taking = all_streams(&lab, carrier, windows, period);
    let taken = lab.world.try_block_on(taking)??;
    report.ran(&lab.world);
    Ok(Percentiles::new(taken))
}

async fn all_streams(
    lab: &Lab,
    carrier: Carrier,
    windows: Windows,
    period: Duration,
) -> Result<Vec<Duration>, Error> {
    let (near, far) = (windows.host(&lab.near), windows.host(&lab.far));
    let pair = lab.connect_with(carrier, near, far).await?;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(pair.near.open_stream(pair.peer, ECHO).await?.split());
    }
    let start = lab.world.now() + period;
    let turns = (0..STREAMS).map(|turn| start + period * turn / STREAMS);
    let all = streams.into_iter().zip(turns);
    let all = all.map(|(halves, start)| {
        let due = move |message| start + period * message;
        one_stream(&lab.world, halves, due)
    });
    Ok(try_join_all(all).await?.concat())
}

/// Writes messages when they are due, and returns how long each took to come back.
async fn one_stream(
    world: &World,
    (mut reader, mut writer): (ReadHalf, WriteHalf),
    due: impl Fn(u32) -> Instant,
) -> Result<Vec<Duration>, Error> {
    let writing = async {
        for message in 0..MESSAGES {
            world.sleep(due(message).duration_since(world.now())).await;
            writer.write_all(&[7; MESSAGE_BYTES]).await?;
        }
        Ok::<_, Error>(writer.finish()?)
    };
    let reading = async {
        let (mut taken, mut arrived) = (Vec::new(), 0);
        while let Some(bytes) = reader.read_bytes().await? {
            arrived += bytes.len();
            while let Ok(message) = u32::try_from(taken.len())
                && (taken.len() + 1) * MESSAGE_BYTES <= arrived
            {
                taken.push(world.now() - due(message));
            }
        }
        Ok(taken)
    };
    let ((), taken) = try_join(writing, reading).await?;
    if taken.len() == MESSAGES as usize {
        Ok(taken)
    } else {
        Err(Error::Missing("some messages did not come back"))
    }
}

const STREAMS: u32 = 16;
const MESSAGES: u32 = 500;
const MESSAGE_BYTES: usize = 64;
