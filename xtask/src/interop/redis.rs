//! A Redis server for one test, and what it sees.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::process::{Failure, Process};

/// Gone when dropped.
pub(super) struct Redis {
    _server: Process,
    /// Tells each command that the server gets.
    monitor: Process,
    port: u16,
}

impl Redis {
    /// Starts a server on loopback that keeps its files and its log in `folder`.
    pub(super) fn start(folder: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(Failure::Log)?;
        let (server, port) = start_on_free_port(folder)?;
        let mut command = Command::new("redis-cli");
        command.args(["-p", &port.to_string(), "MONITOR"]);
        let monitor = Process::start(command, folder.join("monitor.log"))?;
        monitor.wait_for("OK", START_LIMIT)?;
        Ok(Self {
            _server: server,
            monitor,
            port,
        })
    }

    /// Returns host and port.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Waits until somebody appends to the list `key`, and returns what.
    pub(super) fn appended_to(&self, key: &str, limit: Duration) -> Result<String, Failure> {
        let wanted = format!("RPUSH {key}");
        let line = |line: &str| appended(line, key).map(str::to_owned);
        self.monitor.wait_for_line(&wanted, limit, line)
    }
}

/// A port that is free now may be taken a moment later, and then another one will do.
fn start_on_free_port(folder: &Path) -> Result<(Process, u16), Failure> {
    let mut tries_left = PORT_TRIES;
    loop {
        tries_left -= 1;
        let port = free_port().map_err(Failure::Start)?;
        let server = Process::start(server(port, folder), folder.join("server.log"))?;
        let is_ready = |line: &str| line.contains("Ready to accept connections").then_some(());
        match server.wait_for_line("Ready to accept connections", START_LIMIT, is_ready) {
            Ok(()) => return Ok((server, port)),
            Err(Failure::EndedEarly { .. }) if tries_left > 0 => {}
            Err(failure) => return Err(failure),
        }
    }
}

fn server(port: u16, folder: &Path) -> Command {
    let mut command = Command::new("redis-server");
    command
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder);
    command
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Reads a line of the monitor: a time and a client, then the words of a command in quotes.
fn appended<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let mut words = line.split('"').skip(1).step_by(2);
    let is_push = words.next()?.eq_ignore_ascii_case("RPUSH");
    let is_here = words.next()? == key;
    words.next().filter(|_| is_push && is_here)
}

/// Far more than it takes; only guards against hanging.
const START_LIMIT: Duration = Duration::from_secs(30);
const PORT_TRIES: usize = 5;

#[cfg(test)]
mod tests;
