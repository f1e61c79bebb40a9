//! Requests with a stream each, on good paths and bad ones.

use std::time::Duration;

use sinew_simnet::Link;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, Lab, ask},
    percentiles::Percentiles,
    throughput::{LOSSES, RTTS_MS, path},
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "latency",
    about: "1,000 requests of 100 bytes, one after another 100 ms apart, each with a stream of its own on a connection \
            that exists, until the answer of 100 bytes and the end of the stream are there.",
    is_cheap: true,
    measure,
};

fn measure(report: &mut Report) -> Result<(), Error> {
    for carrier in Carrier::ALL {
        let columns = ["round trip", "loss"];
        let columns = columns.into_iter().chain(Percentiles::COLUMNS);
        let mut table = Table::new(format!("Over {carrier}"), columns);
        for rtt in RTTS_MS {
            for loss in LOSSES {
                let taken = one(carrier, path(rtt, loss), report)?;
                let named = [format!("{rtt} ms"), format!("{} %", loss * 100.0)];
                table.row(named.into_iter().chain(taken.cells()));
            }
        }
        report.add(table);
    }
    Ok(())
}

fn one(carrier: Carrier, link: Link, report: &mut Report) -> Result<Percentiles, Error> {
    let lab = Lab::new(link);
    let mut taken = Vec::new();
    lab.world.try_block_on(async {
        let pair = lab.connect(carrier).await?;
        for _ in 0..REQUESTS {
            let start = lab.world.now();
            ask(&pair.near, pair.peer, &[7; 100]).await?;
            taken.push(lab.world.now() - start);
            lab.world.sleep(PAUSE).await;
        }
        Ok::<_, Error>(())
    })??;
    report.ran(&lab.world);
    Ok(Percentiles::new(taken))
}

const REQUESTS: usize = 1000;
const PAUSE: Duration = Duration::from_millis(100);
