//! The page's plots: what each shows, of which systems.

use std::path::Path;

use anyhow::Result;

use super::chart::{Bar, Chart, Group, Tone};
use super::goal::Value;
use crate::case::Case;
use crate::name::{Carrier, Name, Owner};
use crate::report::Report;
use crate::scenario::Scenario;
use crate::spread::Spread;
use crate::{Api, Runtime};

pub(super) struct Plot {
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    axis: &'static str,
    series: [Series; 2],
}

/// One of the two bars of each system.
struct Series {
    name: &'static str,
    scenario: Scenario,
    runtime: Runtime,
    value: Value,
}

pub(super) const ALL: [Plot; 6] = [
    Plot {
        file: "throughput.svg",
        title: "Throughput: one stream, server to client",
        axis: "GiB/s, more is better",
        series: by_runtime(Scenario::BulkDown, Value::Rate),
    },
    Plot {
        file: "cpu.svg",
        title: "CPU of both processes for a GiB, server to client",
        axis: "CPU seconds per GiB, less is better",
        series: by_runtime(Scenario::BulkDown, Value::Cpu),
    },
    Plot {
        file: "latency.svg",
        title: "Latency: a new stream for each request, one after another",
        axis: "µs, less is better",
        series: [
            Series {
                name: "median",
                scenario: Scenario::Requests1,
                runtime: Runtime::Mt,
                value: Value::P50,
            },
            Series {
                name: "99th percentile",
                scenario: Scenario::Requests1,
                runtime: Runtime::Mt,
                value: Value::P99,
            },
        ],
    },
    Plot {
        file: "streams.svg",
        title: "A new stream for each request, 64 in flight",
        axis: "streams per second, more is better",
        series: by_runtime(Scenario::Requests64, Value::Rate),
    },
    Plot {
        file: "handshakes.svg",
        title: "CPU of both processes for a connection with its first stream",
        axis: "CPU milliseconds, less is better",
        series: by_runtime(Scenario::Handshakes1, Value::Cpu),
    },
    Plot {
        file: "memory.svg",
        title: "Memory of the server for an idle connection",
        axis: "KiB, less is better",
        series: [
            Series {
                name: "fresh",
                scenario: Scenario::Idle,
                runtime: Runtime::Mt,
                value: Value::Figure("server KiB/connection"),
            },
            Series {
                name: "after 100 streams",
                scenario: Scenario::Idle100,
                runtime: Runtime::Mt,
                value: Value::Figure("server KiB/connection"),
            },
        ],
    },
];

/// Draws all plots into a folder.
pub(super) fn draw(report: &Report, folder: &Path) -> Result<()> {
    for plot in &ALL {
        let chart = Chart {
            title: plot.title,
            axis: plot.axis,
            series: plot.series.each_ref().map(|series| series.name),
            groups: groups(report, plot),
        };
        chart.draw(&folder.join(plot.file))?;
    }
    Ok(())
}

const fn by_runtime(scenario: Scenario, value: Value) -> [Series; 2] {
    [
        Series {
            name: "multi-thread runtime",
            scenario,
            runtime: Runtime::Mt,
            value,
        },
        Series {
            name: "current-thread runtime",
            scenario,
            runtime: Runtime::Ct,
            value,
        },
    ]
}

/// Returns the systems that were measured, by what carries their streams.
fn groups(report: &Report, plot: &Plot) -> Vec<Group> {
    let carriers = [Carrier::Quic, Carrier::TcpTls, Carrier::TcpNoise];
    let group = |carrier| Group {
        title: title(carrier),
        bars: Name::all()
            .filter(|name| name.carrier() == carrier)
            .map(|name| bar(report, plot, name))
            .filter(|bar| bar.values.iter().any(Option::is_some))
            .collect(),
    };
    let all = carriers.map(group);
    all.into_iter()
        .filter(|group| !group.bars.is_empty())
        .collect()
}

fn bar(report: &Report, plot: &Plot, system: Name) -> Bar {
    let value = |series: &Series| -> Option<Spread> {
        let case = Case {
            scenario: series.scenario,
            runtime: series.runtime,
            system,
            api: Api::Calls,
        };
        report.spread(case, |run| series.value.of(series.scenario, run))
    };
    Bar {
        name: system.name(),
        tone: match system.owner() {
            Owner::Ours => Tone::Ours,
            Owner::Limits => Tone::Limit,
            _ => Tone::Other,
        },
        values: plot.series.each_ref().map(value),
    }
}

fn title(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::Quic => "QUIC",
        Carrier::TcpNoise => "TCP and Noise",
        Carrier::TcpTls => "TCP and TLS",
    }
}
