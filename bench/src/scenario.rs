//! The scenarios: how much of what is done, after a warm-up of a tenth of it.

mod bulk;
mod handshakes;
mod idle;
mod requests;
mod slow_reader;
mod steady;

use anyhow::Result;
use clap::ValueEnum;

use crate::meter::Measurement;
use crate::system::System;
use crate::{Buffers, Settings};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Scenario {
    /// One stream, server to client, 512 MiB.
    BulkDown,
    /// One stream, client to server, 512 MiB.
    BulkUp,
    /// Eight streams of one connection, server to client, 512 MiB together.
    BulkDown8,
    /// A new stream for each one-byte request, one after another, 4,000.
    Requests1,
    /// The same with 64 in flight, 40,000.
    Requests64,
    /// A new connection with one request, one after another, 300.
    Handshakes1,
    /// The same from 32 clients at once, 960, with UDP sockets that have buffers of 4 MiB where they can be told.
    Handshakes32,
    /// The same with the kernel's own 208 KiB.
    #[value(name = "handshakes32-stock")]
    Handshakes32Stock,
    /// 200 connections that are not used, after a request on each.
    Idle,
    /// The same after 100 requests on each.
    Idle100,
    /// 200 connections of one client to as many servers, which are not used, after a request on each.
    IdleDialed,
    /// The same after 100 requests on each.
    #[value(name = "idle100-dialed")]
    Idle100Dialed,
    /// Seven streams, server to client, 512 MiB together, while an eighth is not read.
    SlowReader,
    /// 1,000 connections, a request a second on each, for ten seconds.
    Steady1000,
}

/// Runs `scenario` against a server that is there.
pub(crate) async fn run<S: System>(
    scenario: Scenario,
    server: &str,
    server_pid: u32,
    settings: Settings,
) -> Result<Measurement> {
    let scaled = |usual| scaled(usual, settings.percent);
    match scenario {
        Scenario::BulkDown | Scenario::BulkUp | Scenario::BulkDown8 => {
            let bulk = bulk::Bulk {
                direction: match scenario {
                    Scenario::BulkUp => bulk::Direction::Up,
                    _ => bulk::Direction::Down,
                },
                streams: if scenario == Scenario::BulkDown8 {
                    8
                } else {
                    1
                },
                bytes: scaled(512 << 20),
                settings,
            };
            bulk.run::<S>(server, server_pid).await
        }
        Scenario::Requests1 => {
            requests::run::<S>(server, server_pid, 1, scaled(4_000), settings).await
        }
        Scenario::Requests64 => {
            requests::run::<S>(server, server_pid, 64, scaled(40_000), settings).await
        }
        Scenario::Handshakes1 => {
            handshakes::run::<S>(server, server_pid, 1, scaled(300), settings).await
        }
        Scenario::Handshakes32 | Scenario::Handshakes32Stock => {
            handshakes::run::<S>(server, server_pid, 32, scaled(960), settings).await
        }
        Scenario::Idle => idle::run::<S>(server, server_pid, scaled(IDLE), 0, settings).await,
        Scenario::Idle100 => idle::run::<S>(server, server_pid, scaled(IDLE), 100, settings).await,
        Scenario::IdleDialed => idle::dialed::<S>(server, server_pid, 0, settings).await,
        Scenario::Idle100Dialed => idle::dialed::<S>(server, server_pid, 100, settings).await,
        Scenario::SlowReader => {
            slow_reader::run::<S>(server, server_pid, scaled(512 << 20), settings).await
        }
        Scenario::Steady1000 => {
            steady::run::<S>(server, server_pid, scaled(1_000), 10, settings).await
        }
    }
}

impl Scenario {
    pub(crate) const ALL: [Self; 14] = [
        Self::BulkDown,
        Self::BulkUp,
        Self::BulkDown8,
        Self::Requests1,
        Self::Requests64,
        Self::Handshakes1,
        Self::Handshakes32,
        Self::Handshakes32Stock,
        Self::Idle,
        Self::Idle100,
        Self::IdleDialed,
        Self::Idle100Dialed,
        Self::SlowReader,
        Self::Steady1000,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BulkDown => "bulk-down",
            Self::BulkUp => "bulk-up",
            Self::BulkDown8 => "bulk-down8",
            Self::Requests1 => "requests1",
            Self::Requests64 => "requests64",
            Self::Handshakes1 => "handshakes1",
            Self::Handshakes32 => "handshakes32",
            Self::Handshakes32Stock => "handshakes32-stock",
            Self::Idle => "idle",
            Self::Idle100 => "idle100",
            Self::IdleDialed => "idle-dialed",
            Self::Idle100Dialed => "idle100-dialed",
            Self::SlowReader => "slow-reader",
            Self::Steady1000 => "steady1000",
        }
    }

    /// Returns which socket buffers it is about.
    pub(crate) fn buffers(self) -> Buffers {
        match self {
            Self::Handshakes32 => Buffers::Granted,
            Self::Handshakes32Stock => Buffers::Stock,
            _ => Buffers::Default,
        }
    }

    /// Returns how many servers there are to dial.
    pub(crate) fn servers(self, percent: u64) -> u64 {
        match self {
            // One more, for what is made once.
            Self::IdleDialed | Self::Idle100Dialed => scaled(IDLE, percent) + 1,
            _ => 1,
        }
    }

    /// Returns what a unit is called, what its CPU time is told in, and how many of that make a second.
    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::BulkDown | Self::BulkUp | Self::BulkDown8 | Self::SlowReader => Unit {
                rate: "GiB/s",
                cpu: "CPU s/GiB",
                cpu_per_second: 1.0,
            },
            Self::Requests1 | Self::Requests64 | Self::Steady1000 => Unit {
                rate: "streams/s",
                cpu: "CPU us/stream",
                cpu_per_second: 1e6,
            },
            Self::Idle | Self::Idle100 | Self::IdleDialed | Self::Idle100Dialed => Unit {
                rate: "connections/s",
                cpu: "CPU ms/connection",
                cpu_per_second: 1e3,
            },
            Self::Handshakes1 | Self::Handshakes32 | Self::Handshakes32Stock => Unit {
                rate: "handshakes/s",
                cpu: "CPU ms/handshake",
                cpu_per_second: 1e3,
            },
        }
    }
}

pub(crate) struct Unit {
    pub(crate) rate: &'static str,
    pub(crate) cpu: &'static str,
    pub(crate) cpu_per_second: f64,
}

fn scaled(usual: u64, percent: u64) -> u64 {
    (usual * percent / 100).max(1)
}

/// Connections that are left alone.
const IDLE: u64 = 200;
