//! Sinew beside rust-libp2p and raw quinn: same work, same machine, interleaved, two processes each.
//!
//! `run` starts a server and a client process for every measurement, as `serve` and `measure` of this program.

mod case;
mod go;
mod meter;
mod name;
mod page;
mod process;
mod profile;
mod report;
mod run;
mod scenario;
mod spread;
mod system;
mod work;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

use name::Name;
use scenario::Scenario;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure systems side by side and print a table for each scenario.
    Run(run::Options),
    /// Measure all that docs/performance.md tells, and write it there.
    Page(page::Options),
    /// Show where the time of a bulk sender and receiver goes, and write it into docs/performance.md.
    Profile(profile::Options),
    /// A server, or several: prints `ready ADDRESS…`, serves until killed.
    Serve {
        system: Name,
        #[command(flatten)]
        settings: Settings,
    },
    /// One client against a running server: prints one JSON object.
    Measure {
        system: Name,
        scenario: Scenario,
        /// What the server printed.
        #[arg(long)]
        server: String,
        /// The server's process, whose CPU time counts too.
        #[arg(long)]
        server_pid: u32,
        #[command(flatten)]
        settings: Settings,
    },
}

/// What both ends of a measurement must agree on.
#[derive(Clone, Copy, Debug, Args)]
struct Settings {
    /// tokio's scheduler.
    #[arg(long, default_value = "mt")]
    runtime: Runtime,
    /// How payload is read and written.
    #[arg(long, default_value = "calls")]
    api: Api,
    /// What buffers the UDP sockets have, where a system can be told.
    #[arg(long, default_value = "default")]
    buffers: Buffers,
    /// How many servers there are to dial, all in one process, each with an identity and a socket of its own.
    #[arg(long, default_value_t = 1)]
    servers: u64,
    /// Does this share of the usual work, in percent.
    #[arg(long, default_value_t = 100)]
    percent: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Runtime {
    /// One thread.
    Ct,
    /// Two workers.
    Mt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Api {
    /// Ordinary reads into and writes from buffers.
    Calls,
    /// `Bytes` handed over without a copy, where the system can.
    Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Buffers {
    /// As the system does it.
    Default,
    /// 4 MiB, or what the kernel allows of it.
    Granted,
    /// What the kernel gives to who does not ask: 208 KiB on Linux.
    Stock,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Page(options) => page::run(&options),
        Command::Profile(options) => profile::run(&options),
        Command::Serve { system, settings } => system.serve(settings),
        Command::Measure {
            system,
            scenario,
            server,
            server_pid,
            settings,
        } => {
            let measurement = system.measure(scenario, &server, server_pid, settings)?;
            println!("{}", serde_json::to_string(&measurement)?);
            Ok(())
        }
    }
}

impl Runtime {
    const ALL: [Self; 2] = [Self::Ct, Self::Mt];

    fn build(self) -> std::io::Result<tokio::runtime::Runtime> {
        let mut builder = match self {
            Self::Ct => tokio::runtime::Builder::new_current_thread(),
            Self::Mt => {
                let mut builder = tokio::runtime::Builder::new_multi_thread();
                builder.worker_threads(2);
                builder
            }
        };
        builder.enable_all().build()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ct => "ct",
            Self::Mt => "mt",
        }
    }
}

impl Buffers {
    fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Granted => "granted",
            Self::Stock => "stock",
        }
    }
}

impl Api {
    fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Bytes => "bytes",
        }
    }
}
