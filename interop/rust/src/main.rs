//! A libp2p peer on rust-libp2p, with the command line that all peers of `cargo xtask interop` share.
//!
//! `listen` prints `listening ADDRESS` lines and serves ping, identify and echo until its stdin closes.
//! `dial ADDRESS` connects, identifies, pings five times, echoes 1 MiB, and prints one JSON object.
//! `edges ADDRESS` opens streams that end in unusual ways, and prints what came of each.
//! `survive ADDRESS` tells what became of a connection whose peer is killed, and connects again when told to.

mod dial;
mod echo;
mod edges;
mod error;
mod host;
mod key;
mod listen;
mod served;
mod survive;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use libp2p::Multiaddr;
use libp2p::identity::Keypair;

use key::KeyType;

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
    },
    /// Connect to a peer and try everything it serves.
    Dial {
        address: Multiaddr,
        #[command(flatten)]
        options: Options,
    },
    /// Open streams that end in unusual ways, and print what came of each.
    Edges {
        address: Multiaddr,
        #[command(flatten)]
        options: Options,
    },
    /// Transfer until the peer is gone; connect again for each line of stdin.
    Survive {
        address: Multiaddr,
        #[command(flatten)]
        options: Options,
    },
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
    /// The type of the identity, which is made anew for each run.
    #[arg(long, default_value = "ed25519")]
    key: KeyType,
    /// Where to listen; 0 lets the system choose.
    #[arg(long, default_value = "0")]
    port: u16,
    /// Makes the same Ed25519 identity each time.
    #[arg(long)]
    seed: Option<u8>,
    /// How often to ping whoever is connected.
    ///
    /// rust-libp2p's ping does not look for the next request after it answered one, until something wakes the
    /// connection: over QUIC the third ping of a remote waits for that. Pinging on its own bounds the wait.
    #[arg(long, value_name = "MILLISECONDS", default_value = "250", value_parser = milliseconds)]
    ping_interval: Duration,
}

impl Options {
    fn identity(&self) -> Keypair {
        match self.seed {
            Some(seed) => Keypair::ed25519_from_bytes([seed; 32]).expect("32 bytes are a secret"),
            None => self.key.generate(),
        }
    }
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
    match Arguments::parse().command {
        Command::Listen { options } => exit_code(listen::run(&options).await.map(|()| true)),
        Command::Dial { address, options } => {
            let report = dial::run(address, &options).await;
            println!("{}", report.to_json());
            if report.ok {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Command::Edges { address, options } => exit_code(edges::run(address, &options).await),
        Command::Survive { address, options } => {
            exit_code(survive::run(&address, &options).await.map(|()| true))
        }
        Command::Version => {
            println!("rust-libp2p {}", host::version());
            ExitCode::SUCCESS
        }
    }
}

/// What went wrong is told here, unless a report has told it.
fn exit_code(is_well: Result<bool, error::Error>) -> ExitCode {
    match is_well {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn milliseconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}
