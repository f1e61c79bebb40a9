//! Builds the fuzz targets for libFuzzer and runs them, with the stable toolchain and without cargo-fuzz.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Workspace;

/// What to fuzz, and for how long.
#[derive(Args)]
pub(crate) struct Options {
    /// The targets; all of them, one after another, when none is named
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
}

impl Options {
    /// Two seconds a target: that they run, and find nothing at once.
    pub(crate) fn short() -> Self {
        Self {
            targets: Vec::new(),
            seconds: 2,
        }
    }
}

/// Runs the targets, all of them even if some crash. What is found interesting is kept in `target/fuzz-corpus`, what crashes in
/// `target/fuzz-crashes`.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Error> {
    let known = targets(workspace)?;
    if let Some(name) = options.targets.iter().find(|name| !known.contains(name)) {
        return Err(Error::UnknownTarget {
            name: name.clone(),
            known: known.join(", "),
        });
    }
    let chosen = if options.targets.is_empty() {
        &known
    } else {
        &options.targets
    };
    let host = host()?;
    let built = workspace.target.join("fuzz-run");
    let build = Exec::cargo()
        .words("build --quiet --release --locked --bins --manifest-path")
        .arg(workspace.root.join("fuzz").join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&built)
        // What is built for the host, as build scripts are, gets no flags then.
        .arg("--target")
        .arg(&host)
        .env("RUSTFLAGS", FLAGS);
    build.run()?;
    let mut crashed = Vec::new();
    for name in chosen {
        let program = built.join(&host).join("release").join(name);
        // One that crashes does not keep the others from their turn.
        if let Err(error) = fuzz(workspace, name, program, options.seconds) {
            println!("{name}: {error}");
            crashed.push(format!("{name}: {error}"));
        }
    }
    Error::unless_empty("fuzz", crashed)
}

/// Runs one target.
fn fuzz(workspace: &Workspace, name: &str, program: PathBuf, seconds: u32) -> Result<(), Error> {
    let corpus = workspace.target.join("fuzz-corpus").join(name);
    let crashes = workspace.target.join("fuzz-crashes").join(name);
    for folder in [&corpus, &crashes] {
        fs::create_dir_all(folder).map_err(|source| Error::Write {
            path: folder.clone(),
            source,
        })?;
    }
    let log = crashes.join("log");
    let ran = Exec::new(program)
        .arg(&corpus)
        .arg(workspace.root.join("fuzz").join("seeds").join(name))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", crashes.display()))
        .words("-timeout=10 -rss_limit_mb=2048")
        .run_into(&log);
    let said = fs::read_to_string(&log).unwrap_or_default();
    if ran.is_err() {
        println!("{said}");
    }
    ran?;
    // "Done 4711 runs in 61 second(s)"
    let done = said.lines().rev().find(|line| line.starts_with("Done "));
    println!("{name}: {}", done.unwrap_or("it said nothing"));
    Ok(())
}

/// Returns the names of the targets: those of their files.
fn targets(workspace: &Workspace) -> Result<Vec<String>, Error> {
    let folder = workspace.root.join("fuzz").join("fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|source| Error::Read {
        path: folder.clone(),
        source,
    })?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut names: Vec<_> = paths
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// Returns the triple of this machine.
fn host() -> Result<String, Error> {
    let said = Exec::new("rustc").arg("-vV").output()?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or(Error::NoHost)
}

/// Counts which ways were taken and with which comparisons, as libFuzzer wants it; no sanitizer, which would need a
/// nightly toolchain, and overflow is an error.
const FLAGS: &str = "--cfg fuzzing -Coverflow-checks=on -Cdebug-assertions=on -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";
