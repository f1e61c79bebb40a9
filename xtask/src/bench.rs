//! Builds the benchmark, which is a workspace of its own, and runs it.

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Workspace;

/// Passes `arguments` on to the benchmark's `run`.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Error> {
    let bench = Exec::cargo()
        .words("run --quiet --release --locked --manifest-path")
        .arg(workspace.root.join("bench").join("Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace.target.join("bench"))
        .words("-- run");
    arguments.iter().fold(bench, Exec::arg).run()
}
