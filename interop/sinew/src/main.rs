//! A peer on Sinew for what `cargo xtask interop` tries beyond the happy path: streams that end in unusual ways,
//! and peers that vanish.
//!
//! `listen` prints `listening ADDRESS` lines and serves what the others' `edges` tries until its stdin closes.
//! `edges ADDRESS` tries it on another peer. `survive ADDRESS` tells what became of a connection whose peer is
//! killed, and connects again when told to. `unified-test` is the application of libp2p's own cross-implementation
//! transport test, which is told what to do by its environment.

mod echo;
mod edges;
mod error;
mod host;
mod listen;
mod served;
mod survive;
mod unified_test;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sinew::Address;

use error::Error;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until stdin closes.
    Listen {
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        place: Place,
    },
    /// Open streams that end in unusual ways, and print what came of each.
    Edges {
        address: Address,
        #[command(flatten)]
        options: Options,
    },
    /// Echo 1 MiB.
    Echo {
        address: Address,
        #[command(flatten)]
        options: Options,
    },
    /// Transfer until the peer is gone; connect again for each line of stdin.
    Survive {
        address: Address,
        #[command(flatten)]
        options: Options,
    },
    /// Do what the environment asks for, as libp2p's own transport test sets it.
    UnifiedTest,
    /// Print the name and version of the implementation.
    Version,
}

#[derive(Args)]
struct Options {
    /// What to carry the connection over.
    #[arg(long, default_value = "quic")]
    transport: Transport,
    /// What secures it over TCP.
    #[arg(long, default_value = "noise")]
    security: Security,
    /// Send datagrams over QUIC that a network would carry, on loopback too.
    #[arg(long)]
    small_datagrams: bool,
}

/// Where and as whom to listen.
#[derive(Args)]
struct Place {
    /// The port; 0 lets the system choose.
    #[arg(long, default_value = "0")]
    port: u16,
    /// Makes the same Ed25519 identity each time.
    #[arg(long)]
    seed: Option<u8>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Transport {
    Quic,
    Tcp,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Security {
    Noise,
    Tls,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Listen { options, place } => listen::run(&options, &place).await,
        Command::Edges { address, options } => edges::run(address, &options).await,
        Command::Echo { address, options } => echo::run(address, &options).await,
        Command::Survive { address, options } => survive::run(address, &options).await,
        Command::UnifiedTest => unified_test::run().await,
        Command::Version => {
            println!("sinew {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    }
}
