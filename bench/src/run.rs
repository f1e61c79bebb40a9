//! Runs measurements side by side: rounds interleaved, so that a noisy machine hits all systems alike.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::meter::Measurement;
use crate::report::{Case, Report};
use crate::scenario::Scenario;
use crate::system::Name;
use crate::{Api, Runtime};

#[derive(Args)]
pub(crate) struct Options {
    /// The scenarios; all of them when none is named.
    scenarios: Vec<Scenario>,
    /// The systems to compare; all of them when none is named.
    #[arg(long = "system")]
    systems: Vec<Name>,
    /// tokio's schedulers; both when none is named.
    #[arg(long = "runtime")]
    runtimes: Vec<Runtime>,
    /// How payload is read and written.
    #[arg(long, default_value = "calls")]
    api: Api,
    /// How often each measurement is made. The table shows medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Does this share of the usual work, in percent.
    #[arg(long, default_value_t = 100)]
    percent: u64,
    /// Where to keep every measurement, one JSON object a line.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut json = options.json.as_ref().map(File::create).transpose()?;
    let mut report = Report::default();
    for round in 0..options.rounds {
        for case in cases(options) {
            let measured = measure(&case, options.percent).with_context(|| case.to_string());
            match measured {
                Ok(measurement) => {
                    if let Some(file) = &mut json {
                        writeln!(file, "{}", case.to_json(round, &measurement))?;
                    }
                    report.add(case, measurement);
                }
                // One failed run must not cost the others.
                Err(error) => eprintln!("{error:#}"),
            }
        }
        eprintln!("round {} of {}", round + 1, options.rounds);
    }
    print!("{report}");
    Ok(())
}

fn cases(options: &Options) -> Vec<Case> {
    let scenarios = all_unless_named(&options.scenarios, &Scenario::ALL);
    let runtimes = all_unless_named(&options.runtimes, &Runtime::ALL);
    let systems = all_unless_named(&options.systems, &Name::ALL);
    let mut cases = Vec::new();
    for &scenario in scenarios {
        for &runtime in runtimes {
            for &system in systems {
                cases.push(Case {
                    scenario,
                    runtime,
                    system,
                    api: options.api,
                });
            }
        }
    }
    cases
}

fn all_unless_named<'a, T>(named: &'a [T], all: &'a [T]) -> &'a [T] {
    if named.is_empty() { all } else { named }
}

fn measure(case: &Case, percent: u64) -> Result<Measurement> {
    let program = std::env::current_exe()?;
    let settings = |command: &mut Command| {
        command.args(["--runtime", case.runtime.name(), "--api", case.api.name()]);
        command.args(["--percent", &percent.to_string()]);
    };
    let mut command = Command::new(&program);
    command.args(["serve", case.system.name()]);
    settings(&mut command);
    let mut server = Server::start(command)?;
    let address = server.address()?;

    let mut command = Command::new(&program);
    command.args(["measure", case.system.name(), case.scenario.name()]);
    command.args([
        "--server",
        &address,
        "--server-pid",
        &server.0.id().to_string(),
    ]);
    settings(&mut command);
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("the client ended with {}", output.status);
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Killed when dropped.
struct Server(Child);

impl Server {
    fn start(mut command: Command) -> Result<Self> {
        Ok(Self(command.stdout(Stdio::piped()).spawn()?))
    }

    fn address(&mut self) -> Result<String> {
        let stdout = self
            .0
            .stdout
            .take()
            .context("the address was read before")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .strip_prefix("ready ")
            .context("the server did not start")?;
        Ok(address.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, and then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
