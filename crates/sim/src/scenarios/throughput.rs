//! One stream with much on it, on good paths and bad ones.

use std::time::Duration;

use sinew_quic_proto::Congestion;
use sinew_simnet::Link;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, Lab, Pair, with_quic},
    percentiles::megabits_per_second,
    transfer,
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "throughput",
    about: "32 MB on one stream at 200 Mbit/s with a queue of 1 MiB: Mbit/s from the opening of the stream to the \
            confirmation, and of the second half alone, when the slow start is over. Both sides have the default settings; \
            loss is drawn for each packet in both directions. At 1 Gbit/s it is 256 MB, or 8 MB at 5 % and 10 %.",
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
                let (all, half) = one(carrier, path(rtt, loss), BYTES, report)?;
                cells.push(format!("{all} / {half}"));
            }
            table.row(cells);
        }
        report.add(table);
    }
    let title = "Over QUIC at 1 Gbit/s and a round trip of 50 ms, by who sends";
    let columns = ["loss", "ours", "Cubic"];
    let mut table = Table::new(title, columns);
    for (loss, bytes) in FAST {
        let mut cells = vec![format!("{} %", loss * 100.0)];
        for congestion in [Congestion::Tolerant, Congestion::Cubic] {
            // What takes Cubic hours says no more than what takes it minutes.
            let is_slow = congestion == Congestion::Cubic && loss > 0.0;
            let bytes = if is_slow { bytes.min(8_000_000) } else { bytes };
            let (all, half) = fast(congestion, loss, bytes, report)?;
            cells.push(format!("{all} / {half}"));
        }
        table.row(cells);
    }
    report.add(table);
    Ok(())
}

fn fast(
    congestion: Congestion,
    loss: f64,
    bytes: u64,
    report: &mut Report,
) -> Result<(String, String), Error> {
    let lab = Lab::new(Link {
        bandwidth: Some(1_000_000_000),
        ..path(50, loss)
    });
    let near = with_quic(&lab.near, |config| config.congestion = congestion);
    let far = lab.far.host();
    let connecting = lab.connect_with(Carrier::Quic, near, far);
    let pair = lab.world.try_block_on(connecting)??;
    send(&lab, &pair, bytes, report)
}

fn one(
    carrier: Carrier,
    link: Link,
    bytes: u64,
    report: &mut Report,
) -> Result<(String, String), Error> {
    let lab = Lab::new(link);
    let pair = lab.world.try_block_on(lab.connect(carrier))??;
    send(&lab, &pair, bytes, report)
}

fn send(
    lab: &Lab,
    pair: &Pair,
    bytes: u64,
    report: &mut Report,
) -> Result<(String, String), Error> {
    let (all, half) = lab.world.try_block_on(async {
        let start = lab.world.now();
        transfer::upload(&pair.near, pair.peer, bytes).await?;
        let taken = lab.world.now() - start;
        let trace = pair.traces.of(pair.near.peer_id());
        let half = trace.time_of(bytes / 2).zip(trace.time_of(bytes));
        let (from, to) = half.ok_or(Error::Missing("some bytes are missing"))?;
        Ok::<_, Error>((taken, to - from))
    })??;
    report.ran(&lab.world);
    let (all, half) = (
        megabits_per_second(bytes, all),
        megabits_per_second(bytes / 2, half),
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

/// Losses at 1 Gbit/s, and bytes.
const FAST: [(f64, u64); 6] = [
    (0.0, 256_000_000),
    (0.001, 256_000_000),
    (0.01, 256_000_000),
    (0.02, 256_000_000),
    (0.05, 8_000_000),
    (0.1, 8_000_000),
];
