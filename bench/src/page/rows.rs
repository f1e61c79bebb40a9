//! The goals, row by row.

use super::goal::Goal::{Least, LeastOf, Most, MostOf};
use super::goal::Value::{self, Cpu, Figure, P50, P99, Rate};
use super::goal::{Goal, Row};
use crate::case::Case;
use crate::name::Name::{
    self, Libp2pQuic, Quinn, Sinew, SinewLoopback, SinewTcpNoise, SinewTcpTls,
};
use crate::scenario::Scenario;
use crate::{Api, Runtime};

/// Returns the rows that this benchmark can measure.
pub(super) fn all() -> Vec<Row> {
    [
        quic_bulk(),
        on_loopback(),
        requests(),
        handshakes(),
        idle(),
        tcp_bulk(),
        beside_others(),
    ]
    .concat()
}

fn quic_bulk() -> Vec<Row> {
    let mut rows = Vec::new();
    for (scenario, measure) in [
        (Scenario::BulkDown, "QUIC bulk, down, CPU s/GiB"),
        (Scenario::BulkUp, "QUIC bulk, up, CPU s/GiB"),
    ] {
        for (runtime, share) in [(Runtime::Mt, 0.80), (Runtime::Ct, 0.70)] {
            rows.push(Row {
                must: vec![MostOf(Libp2pQuic, 0.45), MostOf(Quinn, share)],
                aim: vec![MostOf(Libp2pQuic, 0.35), MostOf(Quinn, 0.55)],
                ..row(measure, Cpu, case(scenario, runtime, Sinew))
            });
        }
    }
    for (scenario, measure) in [
        (Scenario::BulkDown, "QUIC bulk, down, GiB/s"),
        (Scenario::BulkUp, "QUIC bulk, up, GiB/s"),
    ] {
        let goals = (LeastOf(Libp2pQuic, 2.0), Least(1.5));
        rows.extend(on_both(measure, scenario, Sinew, Rate, goals));
    }
    rows
}

fn on_loopback() -> Vec<Row> {
    let goals = (Most(0.7), Most(0.45));
    let down = "between our own on loopback, down, CPU s/GiB";
    let up = "between our own on loopback, up, CPU s/GiB";
    [
        on_both(down, Scenario::BulkDown, SinewLoopback, Cpu, goals),
        on_both(up, Scenario::BulkUp, SinewLoopback, Cpu, goals),
    ]
    .concat()
}

fn requests() -> Vec<Row> {
    let many = "a new stream per request, 64 in flight, streams/s";
    let goals = (Least(200_000.0), Least(500_000.0));
    let one = "a new stream per request, sequential, p50 µs";
    [
        on_both(many, Scenario::Requests64, Sinew, Rate, goals),
        on_both(
            one,
            Scenario::Requests1,
            Sinew,
            P50,
            (Most(70.0), Most(45.0)),
        ),
    ]
    .concat()
}

fn handshakes() -> Vec<Row> {
    let one = "handshake and first stream, CPU ms";
    let mut rows = on_both(
        one,
        Scenario::Handshakes1,
        Sinew,
        Cpu,
        (Most(1.0), Most(0.8)),
    );
    for (scenario, measure) in [
        (
            Scenario::Handshakes32,
            "32 handshakes at once, granted buffers, per second",
        ),
        (
            Scenario::Handshakes32Stock,
            "32 handshakes at once, stock buffers, per second",
        ),
    ] {
        let goals = (Least(2_800.0), Least(3_500.0));
        rows.extend(on_both(measure, scenario, Sinew, Rate, goals));
        // An Initial that a full socket dropped is sent again after a second.
        let no_stall = (Most(999.0), Most(999.0));
        let longest = Figure("longest ms");
        rows.extend(on_both(
            "the same, the longest, ms",
            scenario,
            Sinew,
            longest,
            no_stall,
        ));
    }
    rows
}

fn idle() -> Vec<Row> {
    let server = Figure("server KiB/connection");
    let client = Figure("client KiB/connection");
    let rows = [
        ("idle connection, fresh, server KiB", Scenario::Idle, server),
        (
            "idle connection, fresh, client KiB",
            Scenario::IdleDialed,
            client,
        ),
        (
            "idle connection, after 100 streams, server KiB",
            Scenario::Idle100,
            server,
        ),
        (
            "idle connection, after 100 streams, client KiB",
            Scenario::Idle100Dialed,
            client,
        ),
    ];
    let rows = rows.map(|(measure, scenario, value)| Row {
        must: vec![Most(40.0)],
        aim: vec![Most(25.0)],
        ..row(measure, value, case(scenario, Runtime::Mt, Sinew))
    });
    rows.to_vec()
}

fn tcp_bulk() -> Vec<Row> {
    let tls = (Most(0.9), Most(0.7));
    let noise = (Most(1.5), Most(1.3));
    let (down, up) = (Scenario::BulkDown, Scenario::BulkUp);
    [
        on_both(
            "TCP and TLS bulk, down, CPU s/GiB",
            down,
            SinewTcpTls,
            Cpu,
            tls,
        ),
        on_both("TCP and TLS bulk, up, CPU s/GiB", up, SinewTcpTls, Cpu, tls),
        on_both(
            "TCP and Noise bulk, down, CPU s/GiB",
            down,
            SinewTcpNoise,
            Cpu,
            noise,
        ),
        on_both(
            "TCP and Noise bulk, up, CPU s/GiB",
            up,
            SinewTcpNoise,
            Cpu,
            noise,
        ),
    ]
    .concat()
}

fn beside_others() -> Vec<Row> {
    let slow = "seven streams beside one that nobody reads, share of their rate";
    let kept = Figure("of the rate without it");
    let goals = (Least(0.9), Least(0.9));
    let mut rows = on_both(slow, Scenario::SlowReader, Sinew, kept, goals);
    for (measure, value) in [
        ("1,000 connections, a request a second each, p99 µs", P99),
        (
            "1,000 connections, a request a second each, CPU µs a request",
            Cpu,
        ),
    ] {
        for runtime in [Runtime::Mt, Runtime::Ct] {
            let ahead = vec![MostOf(Libp2pQuic, 1.0), MostOf(Quinn, 1.0)];
            rows.push(Row {
                must: ahead.clone(),
                aim: ahead,
                ..row(measure, value, case(Scenario::Steady1000, runtime, Sinew))
            });
        }
    }
    rows
}

/// Returns a row for each runtime, with a must and an aim.
fn on_both(
    measure: &'static str,
    scenario: Scenario,
    system: Name,
    value: Value,
    (must, aim): (Goal, Goal),
) -> Vec<Row> {
    let rows = [Runtime::Mt, Runtime::Ct].map(|runtime| Row {
        must: vec![must],
        aim: vec![aim],
        ..row(measure, value, case(scenario, runtime, system))
    });
    rows.to_vec()
}

fn row(measure: &'static str, value: Value, case: Case) -> Row {
    Row {
        measure,
        case,
        value,
        must: Vec::new(),
        aim: Vec::new(),
    }
}

fn case(scenario: Scenario, runtime: Runtime, system: Name) -> Case {
    Case {
        scenario,
        runtime,
        system,
        api: Api::Calls,
    }
}
