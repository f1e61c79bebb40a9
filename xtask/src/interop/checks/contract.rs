//! Runs libp2p's own cross-implementation transport test, as its scripts do: two processes that are told what to do
//! by their environment, a Redis between them, and a result on stdout.

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::interop::peer::Peer;
use crate::interop::plan::{Check, Direction, Row, Stack};
use crate::interop::process::{Failure, Process};
use crate::interop::redis::Redis;
use crate::interop::table::Outcome;

use super::{Sides, succeeded};

/// How variables and keys are spelled, and what the result looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Current,
    Legacy,
}

/// What the dialer measured, in milliseconds.
#[derive(Debug, PartialEq, Deserialize)]
struct Latency {
    #[serde(rename = "handshakePlusOneRTTMillis")]
    handshake_and_ping: f64,
    /// It is spelled with three `l`.
    #[serde(rename = "pingRTTMilllis")]
    ping: f64,
}

pub(super) fn run(row: &Row, sides: &Sides<'_>) -> Vec<Outcome> {
    let checks = row.checks().into_iter();
    checks
        .map(|check| attempt(Form::of(check), row, sides).into())
        .collect()
}

fn attempt(form: Form, row: &Row, sides: &Sides<'_>) -> Result<(), String> {
    let driver = sides.driver.ok_or("our driver was not built")?;
    let (listener, dialer) = match row.direction {
        Direction::WeDial | Direction::Control => (sides.peer, driver),
        Direction::TheyDial => (driver, sides.peer),
    };
    let logs = sides.logs.join(form.name());
    let redis = Redis::start(&logs).map_err(|failure| format!("Redis {failure}"))?;
    let start = |peer: &Peer, is_dialer: bool, log: &Path| {
        let mut command = peer.unified_test();
        form.set_environment(&mut command, row.stack, is_dialer, &redis.address());
        Process::start(command, log.to_owned()).map_err(told)
    };
    // Either may come first; this is the order in which the dialer has to wait.
    let dialing = start(dialer, true, &logs.join("dialer.log"))?;
    let _listening = start(listener, false, &logs.join("listener.log"))?;
    let published = redis.appended_to(form.key(), LIMIT).map_err(told)?;
    can_be_dialed(&published, has_network())?;
    let finished = dialing.finish(LIMIT).map_err(told)?;
    succeeded(&finished)?;
    form.read(&finished.stdout)?.is_plausible()
}

impl Form {
    fn of(check: Check) -> Self {
        if check == Check::LegacyContract {
            Self::Legacy
        } else {
            Self::Current
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Legacy => "legacy",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Current => "a5b50d5e_listener_multiaddr",
            Self::Legacy => "listenerAddr",
        }
    }

    fn set_environment(self, command: &mut Command, stack: Stack, is_dialer: bool, redis: &str) {
        let (transport, layers) = match stack {
            Stack::Quic => ("quic-v1", None),
            Stack::TcpNoise => ("tcp", Some(("noise", "yamux"))),
            Stack::TcpTls => ("tcp", Some(("tls", "yamux"))),
        };
        let is_dialer = is_dialer.to_string();
        let mut variables = vec![
            ("IS_DIALER", "is_dialer", is_dialer.as_str()),
            ("REDIS_ADDR", "redis_addr", redis),
            ("TRANSPORT", "transport", transport),
            ("LISTENER_IP", "ip", "0.0.0.0"),
        ];
        if let Some((security, muxer)) = layers {
            variables.push(("SECURE_CHANNEL", "security", security));
            variables.push(("MUXER", "muxer", muxer));
        }
        for (current, legacy, value) in variables {
            match self {
                Self::Current => command.env(current, value),
                Self::Legacy => command.env(legacy, value),
            };
        }
        if self == Self::Current {
            command.env("TEST_KEY", TEST_KEY).env("DEBUG", "true");
        }
    }

    /// Reads what the dialer printed; nothing else may stand there.
    fn read(self, stdout: &str) -> Result<Latency, String> {
        let latency = match self {
            Self::Current => read_yaml(stdout),
            Self::Legacy => serde_json::from_str(stdout).ok(),
        };
        latency.ok_or_else(|| format!("not a result of the {} form: {stdout}", self.name()))
    }
}

impl Latency {
    /// The ping is part of what is measured with the handshake.
    fn is_plausible(&self) -> Result<(), String> {
        if 0.0 < self.ping && self.ping < self.handshake_and_ping {
            return Ok(());
        }
        Err(format!("it measured {self:?}"))
    }
}

fn read_yaml(text: &str) -> Option<Latency> {
    let mut lines = text.lines();
    lines.next().filter(|line| *line == "latency:")?;
    let mut value = |name| lines.next()?.strip_prefix(name);
    let latency = Latency {
        handshake_and_ping: value("  handshake_plus_one_rtt: ")?.parse().ok()?,
        ping: value("  ping_rtt: ")?.parse().ok()?,
    };
    value("  unit: ").filter(|unit| *unit == "ms")?;
    lines.next().is_none().then_some(latency)
}

/// The test runs each side in a container of its own, to which loopback does not lead.
fn can_be_dialed(address: &str, has_network: bool) -> Result<(), String> {
    let is_complete = address.contains("/p2p/") && !address.starts_with("/ip4/0.0.0.0/");
    let is_loopback = address.starts_with("/ip4/127.");
    if is_complete && !(is_loopback && has_network) {
        return Ok(());
    }
    Err(format!("nobody elsewhere could dial {address}"))
}

/// Returns whether there is an address that is not of loopback. No packet is sent for that.
fn has_network() -> bool {
    let route = || {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    };
    route().is_ok_and(|from: std::net::SocketAddr| !from.ip().is_loopback())
}

fn told(failure: Failure) -> String {
    failure.to_string()
}

/// Eight digits of the hash of a test's name, in the real one.
const TEST_KEY: &str = "a5b50d5e";

/// Far more than it takes; the test itself allows 180 s.
const LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
