//! Runs the program.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A node in a process of its own, which ends with this value.
pub(crate) struct Node {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

/// Runs the program to its end.
pub(crate) fn sinew<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Finished {
    finish(command(arguments).spawn().expect("the program starts"))
}

/// Waits for the program, and ends it when it hangs.
pub(crate) fn finish(mut child: Child) -> Finished {
    let mut stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let out = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let err = thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).map(|_| text)
    });
    let (done, is_done) = mpsc::channel();
    let id = child.id();
    let guard = thread::spawn(move || {
        if is_done.recv_timeout(HANG).is_err() {
            signal(id, "KILL");
        }
    });
    let status = child.wait().expect("the program was started");
    done.send(()).ok();
    guard.join().expect("the guard does not panic");
    Finished {
        code: status.code(),
        stdout: out.join().unwrap().expect("stdout is text"),
        stderr: err.join().unwrap().expect("stderr is text"),
    }
}

/// Prepares a run that sees nothing of this machine's settings.
pub(crate) fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sinew"));
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .env_remove("XDG_DATA_HOME")
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Sends a signal to a process that this test started.
pub(crate) fn signal(id: u32, name: &str) {
    Command::new("kill")
        .args([format!("-{name}"), id.to_string()])
        .status()
        .expect("kill is there");
}

impl Finished {
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    pub(crate) fn failure(self) -> Self {
        assert_eq!(self.code, Some(1), "{self:?}");
        self
    }

    /// Returns the objects on stdout, one a line.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let objects = self.stdout.lines().map(serde_json::from_str);
        objects
            .collect::<Result<_, _>>()
            .expect("each line is one object")
    }
}

impl Node {
    /// Starts a node with a new key in `folder`, on a free port of the loopback interface.
    pub(crate) fn start(folder: &std::path::Path, more: &[&str]) -> Self {
        let listen = ["--listen", "/ip4/127.0.0.1/udp/0/quic-v1"];
        Self::only(folder, &[&listen, more].concat())
    }

    /// Starts a node with a new key in `folder` and nothing else than `arguments`.
    pub(crate) fn only(folder: &std::path::Path, arguments: &[&str]) -> Self {
        let key = folder.join("node.key");
        if !key.exists() {
            sinew([OsStr::new("key"), OsStr::new("generate"), key.as_os_str()]).success();
        }
        let mut command = command(["node", "--key"]);
        Self::of(command.arg(key).args(arguments))
    }

    /// Starts the node that `command` describes, and waits for its first address.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the node prints text");
        if line.is_empty() {
            let mut stderr = String::new();
            child
                .stderr
                .take()
                .expect("piped")
                .read_to_string(&mut stderr)
                .ok();
            panic!("the node did not start: {stderr}");
        }
        let address = line
            .strip_prefix("listening ")
            .unwrap_or_else(|| panic!("an address comes first, not {line:?}"));
        Self {
            address: address.trim_end().to_owned(),
            child,
            stdout,
        }
    }

    /// Returns its first address, with its peer id.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn peer(&self) -> &str {
        self.address
            .rsplit('/')
            .next()
            .expect("split yields one part at least")
    }

    /// Returns its first address without the peer id.
    pub(crate) fn place(&self) -> &str {
        self.address
            .split("/p2p/")
            .next()
            .expect("split yields one part at least")
    }

    /// Waits for the next line on stdout.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout
            .read_line(&mut line)
            .expect("the node prints text");
        line.trim_end().to_owned()
    }

    /// Sends a signal and waits for the end.
    #[cfg(unix)]
    pub(crate) fn stop(mut self, name: &str) -> Option<i32> {
        signal(self.child.id(), name);
        let id = self.child.id();
        let (done, is_done) = mpsc::channel();
        let guard = thread::spawn(move || {
            if is_done.recv_timeout(HANG).is_err() {
                signal(id, "KILL");
            }
        });
        let code = self.child.wait().expect("it was started").code();
        done.send(()).ok();
        guard.join().expect("the guard does not panic");
        code
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// No run takes as long, on the slowest machine.
const HANG: Duration = Duration::from_secs(120);
