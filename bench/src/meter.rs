//! CPU time and memory of both processes, inside the timed part alone.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// One run of one scenario on one system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// GiB, streams or handshakes, as the scenario says.
    pub(crate) units: f64,
    pub(crate) wall_s: f64,
    pub(crate) cpu_client_s: f64,
    pub(crate) cpu_server_s: f64,
    pub(crate) rss_peak_client_mib: f64,
    pub(crate) rss_peak_server_mib: f64,
    pub(crate) context_switches: u64,
    /// Of one unit, where units are waited for one by one.
    pub(crate) p50_us: Option<f64>,
    pub(crate) p99_us: Option<f64>,
    pub(crate) errors: u64,
    /// What this scenario alone tells, by name.
    pub(crate) figures: Vec<(String, f64)>,
}

impl Measurement {
    pub(crate) fn units_per_s(&self) -> f64 {
        self.units / self.wall_s
    }

    /// Returns what the scenario alone tells.
    pub(crate) fn figure(&self, wanted: &str) -> Option<f64> {
        let found = self.figures.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| *value)
    }

    /// Returns CPU seconds of both ends for one unit.
    pub(crate) fn cpu_s_per_unit(&self) -> f64 {
        (self.cpu_client_s + self.cpu_server_s) / self.units
    }
}

/// Started where the timed part begins.
pub(crate) struct Meter {
    client: Process,
    server: Process,
    started: Instant,
    cpu_client: Duration,
    cpu_server: Duration,
    switches: u64,
}

impl Meter {
    pub(crate) fn start(server_pid: u32) -> Result<Self> {
        let client = Process::new(std::process::id())?;
        let server = Process::new(server_pid)?;
        Ok(Self {
            started: Instant::now(),
            cpu_client: client.cpu()?,
            cpu_server: server.cpu()?,
            switches: client.context_switches() + server.context_switches(),
            client,
            server,
        })
    }

    /// Ends the timed part, in which `units` were done, each in the time that `latencies` says.
    pub(crate) fn stop(
        self,
        units: f64,
        mut latencies: Vec<Duration>,
        errors: u64,
    ) -> Result<Measurement> {
        let wall = self.started.elapsed();
        let cpu_client = self.client.cpu()? - self.cpu_client;
        let cpu_server = self.server.cpu()? - self.cpu_server;
        let switches = self.client.context_switches() + self.server.context_switches();
        latencies.sort_unstable();
        Ok(Measurement {
            units,
            wall_s: wall.as_secs_f64(),
            cpu_client_s: cpu_client.as_secs_f64(),
            cpu_server_s: cpu_server.as_secs_f64(),
            rss_peak_client_mib: self.client.peak_memory_mib(),
            rss_peak_server_mib: self.server.peak_memory_mib(),
            context_switches: switches.saturating_sub(self.switches),
            p50_us: percentile(&latencies, 50),
            p99_us: percentile(&latencies, 99),
            errors,
            figures: Vec::new(),
        })
    }
}

/// What both processes hold at one moment, in bytes.
pub(crate) struct Memory {
    pub(crate) client: u64,
    pub(crate) server: u64,
}

impl Memory {
    pub(crate) fn of(server_pid: u32) -> Result<Self> {
        let resident = |pid| {
            let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
            anyhow::Ok(field(&status, "VmRSS:") * 1024)
        };
        Ok(Self {
            client: resident(std::process::id())?,
            server: resident(server_pid)?,
        })
    }
}

struct Process {
    pid: u32,
    clock: ClockId,
}

impl Process {
    fn new(pid: u32) -> Result<Self> {
        let clock = clock_getcpuclockid(Pid::from_raw(pid.try_into()?))?;
        Ok(Self { pid, clock })
    }

    /// User and system time of all threads.
    fn cpu(&self) -> Result<Duration> {
        Ok(self.clock.now()?.into())
    }

    fn peak_memory_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        field(&status, "VmHWM:") as f64 / 1024.0
    }

    fn context_switches(&self) -> u64 {
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", self.pid)) else {
            return 0;
        };
        tasks
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("status")).ok())
            .map(|status| {
                field(&status, "voluntary_ctxt_switches:")
                    + field(&status, "nonvoluntary_ctxt_switches:")
            })
            .sum()
    }
}

/// Returns the number behind `name` in a status file of the kernel.
fn field(status: &str, name: &str) -> u64 {
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix(name)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

fn percentile(sorted: &[Duration], percent: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = sorted.get(last * percent / 100)?;
    Some(at.as_secs_f64() * 1e6)
}
