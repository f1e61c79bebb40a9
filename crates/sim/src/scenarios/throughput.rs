//! One stream with much on it, on good paths and bad ones.

use std::{fmt, time::Duration};

use sinew_quic_proto::Congestion;
use sinew_simnet::Link;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, Lab, Pair, with_quic},
    price::{Prices, Windows, price_of_window},
    transfer,
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "throughput",
    about: "32 MB on one stream at 200 Mbit/s with a queue of 1 MiB: Mbit/s from the opening of the stream to the \
            confirmation, and of the second half alone, when the slow start is over. Both sides have the default settings; \
            loss is drawn for each packet in both directions. At 1 Gbit/s it is 256 MB on each stream, and 8 MB at 5 % \
            and 10 % and where Cubic or TCP meet losses; it fails when one stream gets less than 200 Mbit/s at 1 % or less, \
            and when the safe windows cost more than 5 % beside windows of 24 MiB on both sides, of \
            eight streams, or of one where the path holds less than its window, in the mean of the losses.",
    is_cheap: false,
    measure,
};

/// In Mbit/s.
struct Rates {
    all: f64,
    second_half: f64,
}

fn measure(report: &mut Report) -> Result<(), Error> {
    let columns = ["round trip", "no loss", "0.1 %", "1 %", "2 %"];
    let title = "What of all of it the safe windows cost over QUIC";
    let mut price_table = Table::new(title, columns);
    for carrier in Carrier::ALL {
        let title = format!("Over {carrier}, all of it / its second half");
        let mut table = Table::new(title, columns);
        for rtt in RTTS_MS {
            let mut cells = vec![format!("{rtt} ms")];
            let mut prices = cells.clone();
            let mut prices_of_eight = vec![format!("{rtt} ms, eight streams")];
            let (mut of_one, mut of_eight) = (Prices::default(), Prices::default());
            for loss in LOSSES {
                let rates = one(carrier, path(rtt, loss), BYTES, report)?;
                cells.push(rates.to_string());
                if carrier == Carrier::Quic {
                    let large = large_windows(path(rtt, loss), 1, BYTES, report)?;
                    if rtt < LONG_MS {
                        prices.push(of_one.add(rates.all, large));
                    } else {
                        prices.push(price_of_window(rates.all, large));
                    }
                    let safe = safe_windows(path(rtt, loss), EIGHT, BYTES, report)?;
                    let large = large_windows(path(rtt, loss), EIGHT, BYTES, report)?;
                    prices_of_eight.push(of_eight.add(safe, large));
                }
            }
            of_one.demand(report, &format!("of one stream at {rtt} ms"));
            of_eight.demand(report, &format!("of eight streams at {rtt} ms"));
            table.row(cells);
            if carrier == Carrier::Quic {
                price_table.row(prices);
                price_table.row(prices_of_eight);
            }
        }
        report.add(table);
    }
    report.add(price_table);
    let (table, prices) = fast(report)?;
    report.add(table);
    report.add(prices);
    Ok(())
}

fn fast(report: &mut Report) -> Result<(Table, Table), Error> {
    let title = "At 1 Gbit/s and a round trip of 50 ms, with a queue of 1 MiB";
    let columns = ["loss", "one stream", "eight streams", "one, Cubic", "TCP"];
    let mut table = Table::new(title, columns);
    let columns = ["loss", "one stream", "eight streams"];
    let mut prices = Table::new("What the safe windows cost there", columns);
    let mut of_eight = Prices::default();
    for (loss, bytes) in FAST {
        // What takes those hours that slow down at each loss says no more than what takes them minutes.
        let less = if loss > 0.0 {
            bytes.min(8_000_000)
        } else {
            bytes
        };
        let link = Link {
            bandwidth: Some(1_000_000_000),
            ..path(50, loss)
        };
        let of = |congestion, streams, bytes, report: &mut Report| {
            let lab = Lab::new(link);
            let near = with_quic(&lab.near, |config| config.congestion = congestion);
            let connecting = lab.connect_with(Carrier::Quic, near, lab.far.host());
            let pair = lab.world.try_block_on(connecting)??;
            send(&lab, &pair, streams, bytes, report)
        };
        let one_stream = of(Congestion::default(), 1, bytes, report)?;
        if loss <= 0.01 && one_stream.all < DEMANDED {
            report.miss(format!(
                "one stream gets {one_stream} Mbit/s at a loss of {loss}"
            ));
        }
        // Where next to nothing gets through, eight streams say no more than one.
        let eight_streams = if loss < 0.05 {
            Some(of(Congestion::default(), 8, bytes, report)?)
        } else {
            None
        };
        let percent = loss * 100.0;
        let mut cells = vec![format!("{percent} %")];
        for (streams, rates) in [(1, Some(&one_stream)), (8, eight_streams.as_ref())] {
            let Some(rates) = rates else {
                cells.push(NOTHING.to_owned());
                continue;
            };
            let large = large_windows(link, streams, bytes, report)?;
            if streams == 1 {
                cells.push(price_of_window(rates.all, large));
            } else {
                cells.push(of_eight.add(rates.all, large));
            }
        }
        prices.row(cells);
        table.row([
            format!("{percent} %"),
            one_stream.to_string(),
            eight_streams.map_or_else(|| NOTHING.to_owned(), |rates| rates.to_string()),
            of(Congestion::Cubic, 1, less, report)?.to_string(),
            one(Carrier::Tcp, link, less, report)?.to_string(),
        ]);
    }
    of_eight.demand(report, "of eight streams at 1 Gbit/s");
    Ok((table, prices))
}

/// Returns the Mbit/s that the default windows allow.
fn safe_windows(link: Link, streams: u64, bytes: u64, report: &mut Report) -> Result<f64, Error> {
    let lab = Lab::new(link);
    let pair = lab.world.try_block_on(lab.connect(Carrier::Quic))??;
    Ok(send(&lab, &pair, streams, bytes, report)?.all)
}

/// Returns the Mbit/s that windows of both sides allow which are larger than is safe, unless they end the connection.
fn large_windows(
    link: Link,
    streams: u64,
    bytes: u64,
    report: &mut Report,
) -> Result<Option<f64>, Error> {
    let lab = Lab::new(link);
    let (near, far) = (
        Windows::Large.host(&lab.near),
        Windows::Large.host(&lab.far),
    );
    let connecting = lab.connect_with(Carrier::Quic, near, far);
    let pair = lab.world.try_block_on(connecting)??;
    match send(&lab, &pair, streams, bytes, report) {
        Ok(rates) => Ok(Some(rates.all)),
        Err(Error::Read(_) | Error::Write(_)) if pair.near.connections().is_empty() => Ok(None),
        Err(error) => Err(error),
    }
}

fn one(carrier: Carrier, link: Link, bytes: u64, report: &mut Report) -> Result<Rates, Error> {
    let lab = Lab::new(link);
    let pair = lab.world.try_block_on(lab.connect(carrier))??;
    send(&lab, &pair, 1, bytes, report)
}

/// Sends so many bytes on each of so many streams.
fn send(
    lab: &Lab,
    pair: &Pair,
    streams: u64,
    bytes: u64,
    report: &mut Report,
) -> Result<Rates, Error> {
    let (all, half) = lab.world.try_block_on(async {
        let start = lab.world.now();
        let uploads = (0..streams).map(|_| {
            let (host, peer) = (pair.near.clone(), pair.peer);
            lab.near.start("sending", async move {
                transfer::upload(&host, peer, bytes).await
            })
        });
        for upload in uploads.collect::<Vec<_>>() {
            upload
                .await
                .map_err(|_| Error::Missing("a sender is gone"))??;
        }
        let taken = lab.world.now() - start;
        let trace = pair.traces.of(pair.near.peer_id());
        let bytes = bytes * streams;
        let half = trace.time_of(bytes / 2).zip(trace.time_of(bytes));
        let (from, to) = half.ok_or(Error::Missing("some bytes are missing"))?;
        Ok::<_, Error>((taken, to - from))
    })??;
    report.ran(&lab.world);
    let bytes = (bytes * streams) as f64 * 8.0 / 1e6;
    Ok(Rates {
        all: bytes / all.as_secs_f64(),
        second_half: bytes / 2.0 / half.as_secs_f64(),
    })
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} / {:.1}", self.all, self.second_half)
    }
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

const EIGHT: u64 = 8;

/// From this round trip on a path of 200 Mbit/s holds more than the window of a stream.
const LONG_MS: u64 = 100;

/// In place of a figure that would say nothing.
const NOTHING: &str = "–";

/// What one stream must reach at a loss of up to 1 %, in Mbit/s.
const DEMANDED: f64 = 200.0;

/// Losses at 1 Gbit/s, and bytes.
const FAST: [(f64, u64); 6] = [
    (0.0, 256_000_000),
    (0.001, 256_000_000),
    (0.01, 256_000_000),
    (0.02, 256_000_000),
    (0.05, 8_000_000),
    (0.1, 8_000_000),
];
