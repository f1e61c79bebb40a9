//! A child process that cannot outlive us, hang us, or lose what it said.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Killed when dropped. What it prints goes to a log file; lines of stdout can be read besides.
pub(super) struct Process {
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
}

/// What a process that came to its end left behind.
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    /// Everything it printed, stderr included.
    pub(super) log: String,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("cannot be started: {0}")]
    Start(std::io::Error),
    #[error("its log cannot be written: {0}")]
    Log(std::io::Error),
    #[error("does not listen to its stdin: {0}")]
    Stdin(std::io::Error),
    #[error("did not say `{wanted}` within {} s", limit.as_secs())]
    Silent { wanted: String, limit: Duration },
    #[error("ended before it said `{wanted}`")]
    EndedEarly { wanted: String },
    #[error("still ran after {} s", limit.as_secs())]
    Hung { limit: Duration },
}

impl Process {
    /// Starts `command`. Its stdin stays open until the process is dropped.
    pub(super) fn start(mut command: Command, log: PathBuf) -> Result<Self, Failure> {
        let file = open_log(&log)?;
        let stderr = file.try_clone().map_err(Failure::Log)?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .map_err(Failure::Start)?;
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || copy_lines(BufReader::new(stdout), file, &sender));
        }
        Ok(Self { child, lines, log })
    }

    /// Waits for a line of stdout that begins with `wanted`, and returns the rest of it.
    pub(super) fn wait_for(&self, wanted: &str, limit: Duration) -> Result<String, Failure> {
        self.wait_for_line(wanted, limit, |line| {
            line.strip_prefix(wanted).map(str::to_owned)
        })
    }

    /// Waits for a line of stdout of which `read` makes something. `wanted` is how a failure names it.
    pub(super) fn wait_for_line<T>(
        &self,
        wanted: &str,
        limit: Duration,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Failure> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some(found) = read(&line) {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(Failure::Silent {
                        wanted: wanted.to_owned(),
                        limit,
                    });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::EndedEarly {
                        wanted: wanted.to_owned(),
                    });
                }
            }
        }
    }

    /// Writes a line to its stdin.
    pub(super) fn say(&mut self, line: &str) -> Result<(), Failure> {
        let written = match &mut self.child.stdin {
            Some(stdin) => writeln!(stdin, "{line}"),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(Failure::Stdin)
    }

    /// Waits for the end, but not longer than `limit`.
    pub(super) fn finish(mut self, limit: Duration) -> Result<Finished, Failure> {
        let deadline = Instant::now() + limit;
        let mut stdout = String::new();
        let hung = || Failure::Hung { limit };
        // Its stdout ends when it does, and then every line of it has been logged.
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    stdout.push_str(&line);
                    stdout.push('\n');
                }
                Err(RecvTimeoutError::Timeout) => return Err(hung()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = loop {
            if let Some(status) = self.child.try_wait().map_err(Failure::Start)? {
                break status;
            }
            if Instant::now() > deadline {
                return Err(hung());
            }
            thread::sleep(POLL_INTERVAL);
        };
        let log = std::fs::read(&self.log).map_err(Failure::Log)?;
        Ok(Finished {
            status,
            stdout,
            log: String::from_utf8_lossy(&log).into_owned(),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn open_log(path: &Path) -> Result<File, Failure> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(Failure::Log)
}

/// Until stdout ends. A log that cannot be written costs only the log.
fn copy_lines(stdout: impl BufRead, mut log: File, sender: &mpsc::Sender<String>) {
    for line in stdout.lines().map_while(Result::ok) {
        let _ = writeln!(log, "{line}");
        let _ = sender.send(line);
    }
}

const POLL_INTERVAL: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests;
