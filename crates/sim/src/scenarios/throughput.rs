//! One stream with much on it, on good paths and bad ones.

use std::time::Duration;

use sinew_simnet::Link;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, Lab},
    percentiles::megabits_per_second,
    transfer,
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "throughput",
    about: "32 MB on one stream at 200 Mbit/s with a queue of 1 MiB: Mbit/s from the opening of the stream to the \
            confirmation, and of the second half alone, when the slow start is over. Both sides have the default settings; \
            loss is drawn for each packet in both directions.",
    is_cheap: false,
    measure,
};

fn measure(report: &mut Report) -> Result<(), Error> {
    for carrier in Carrier::ALL {
        let title = format!("Over {carrier}, all of it / its second half");
        let mut table = Table::new(title, ["round trip", "no loss", "0.1 %", "1 %", "2 %"]);
        for rtt in RTTS_MS {
            let mut cells = vec![format!("{rtt} ms")];
            for loss in LOSSES {
                let (all, half) = one(carrier, path(rtt, loss), report)?;
                cells.push(format!("{all} / {half}"));
            }
            table.row(cells);
        }
        report.add(table);
    }
    Ok(())
}

fn one(carrier: Carrier, link: Link, report: &mut Report) -> Result<(String, String), Error> {
    let lab = Lab::new(link);
    let (all, half) = lab.world.try_block_on(async {
        let pair = lab.connect(carrier).await?;
        let start = lab.world.now();
        transfer::upload(&pair.near, pair.peer, BYTES).await?;
        let taken = lab.world.now() - start;
        let trace = pair.traces.of(pair.near.peer_id());
        let half = trace.time_of(BYTES / 2).zip(trace.time_of(BYTES));
        let (from, to) = half.ok_or(Error::Missing("some bytes are missing"))?;
        Ok::<_, Error>((taken, to - from))
    })??;
    report.ran(&lab.world);
    let (all, half) = (
        megabits_per_second(BYTES, all),
        megabits_per_second(BYTES / 2, half),
    );
    Ok((all, half))
}

/// A path with this round trip, of 200 Mbit/s.
pub(super) fn path(rtt_ms: u64, loss: f64) -> Link {
    Link {
        delay: Duration::from_millis(rtt_ms) / 2,
        bandwidth: Some(200_000_000),
        queue_bytes: 1 << 20,
        loss,
        ..Link::default()
    }
}

pub(super) const RTTS_MS: [u64; 3] = [10, 50, 200];
pub(super) const LOSSES: [f64; 4] = [0.0, 0.001, 0.01, 0.02];

const BYTES: u64 = 32_000_000;
