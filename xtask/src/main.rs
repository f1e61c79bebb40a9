//! The build's own commands: `cargo xtask help` lists them.

mod bench;
mod checks;
mod crates;
mod error;
mod exec;
mod fuzz;
mod interop;
mod layers;
mod loom;
mod micro;
mod sim;
mod source;
mod specs;
mod step;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::Error;
use workspace::Workspace;

/// The commands of this repository. CI runs these and nothing of its own.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything a contributor runs before a push: quick checks, then all tests.
    Test,
    /// What CI runs: `test`, then the slower checks.
    Ci,
    /// Check that every dependency points to a lower layer, and print the layers.
    Layers,
    /// Check the rules of STYLE.md that a tool can hold.
    Tidy,
    /// List which rules of which spec the code cites, and which have no test.
    Specs,
    /// Check each crate alone: every feature, its tests, its package, its purity.
    Crates {
        /// The crates to check; all of them when none is named.
        names: Vec<String>,
    },
    /// Check licences, duplicate versions and sources with cargo-deny, where it is installed.
    Deny {
        /// Check for advisories too. This fetches the advisory database.
        #[arg(long)]
        advisories: bool,
    },
    /// Run the model checks of the drivers' hand-over.
    Loom,
    /// Run our program against other libp2p implementations, in both directions.
    Interop(interop::Options),
    /// Run random worlds in virtual time, and check what must hold in each: see `docs/testing.md`.
    Sim {
        /// Options of the simulator's own command line: `--seeds N`, `--seed S`, `--hosts N`, `--scenario NAME`, `--json`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Count instructions and allocations of the pure crates, beside those of another revision.
    Micro(micro::Options),
    /// Fuzz the decoders and the machines with libFuzzer.
    Fuzz(fuzz::Options),
    /// Measure our stack beside others: see `bench/README.md` for what can follow.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print();
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    let workspace = Workspace::load()?;
    match command {
        Command::Test => checks::test(&workspace),
        Command::Ci => checks::ci(&workspace),
        Command::Layers => layers::run(&workspace),
        Command::Tidy => tidy::run(&workspace),
        Command::Specs => specs::run(&workspace),
        Command::Crates { names } => crates::run(&workspace, &names),
        Command::Deny { advisories } => checks::deny(&workspace, advisories),
        Command::Loom => loom::run(&workspace),
        Command::Interop(options) => interop::run(&workspace, &options),
        Command::Micro(options) => micro::run(&workspace, &options),
        Command::Fuzz(options) => fuzz::run(&workspace, &options),
        Command::Sim { arguments } => sim::run(&arguments),
        Command::Bench(options) => bench::run(&workspace, &options),
    }
}
