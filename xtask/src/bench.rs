//! Builds the benchmark, which is a workspace of its own, and runs it.

use clap::Args;

use crate::error::Error;
use crate::exec::Exec;
use crate::micro;
use crate::workspace::Workspace;

/// What to measure: the first flag chooses, the rest is the benchmark's own command line.
#[derive(Args)]
pub(crate) struct Options {
    /// Measure all that `docs/performance.md` tells, and write it there with its plots: `--rounds N`, `--percent N`,
    /// `--quick`, `--from FILE`
    #[arg(long, conflicts_with = "profile")]
    page: bool,
    /// Profile a bulk sender and receiver with perf and strace, and write it there
    #[arg(long)]
    profile: bool,
    /// Scenarios and options, as `bench/README.md` has them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Passes the arguments on to the benchmark.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Error> {
    let command = match (options.page, options.profile) {
        (true, _) => "page",
        (_, true) => "profile",
        _ => "run",
    };
    let bench = cargo(workspace, "run --quiet --release")
        .arg("--")
        .arg(command);
    options.arguments.iter().fold(bench, Exec::arg).run()?;
    let measures = !options
        .arguments
        .iter()
        .any(|word| word.starts_with("--from"));
    if options.page && measures {
        return micro::write_page(workspace);
    }
    Ok(())
}

/// Returns the command `line` of cargo for the benchmark.
pub(crate) fn cargo(workspace: &Workspace, line: &str) -> Exec {
    let cargo = Exec::cargo()
        .words(line)
        .words("--locked --manifest-path")
        .arg(workspace.root.join("bench").join("Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace.target.join("bench"));
    // A build script of litep2p's dependencies calls it. Without it that peer is left out, and the benchmark says so.
    if Exec::new("protoc").arg("--version").succeeds() {
        return cargo.words("--features litep2p");
    }
    cargo
}
