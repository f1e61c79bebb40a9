//! What can be typed on the command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use sinew::{Address, Protocol};
use tracing::level_filters::LevelFilter;

use crate::units;

/// Run a libp2p node, and talk to any other: ping it, ask who it is, echo bytes, send files.
///
/// A peer is given as a multiaddr: where it listens, and best also who it is.
///
///   /ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooW…
///
/// Try it on this machine alone:
///
///   sinew demo
///
/// Or with two terminals; the first prints the addresses to give to the second:
///
///   sinew node
///   sinew ping ADDRESS
#[derive(Debug, Parser)]
#[command(
    name = "sinew",
    version,
    verbatim_doc_comment,
    propagate_version = true
)]
#[command(
    after_help = "Results go to stdout, logs to stderr. Exit code: 0 done, 1 failed, 2 bad usage."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Debug)]
pub(crate) struct Global {
    /// Print results as JSON, one object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log what is at least this important; without it, RUST_LOG decides, and then `info`
    #[arg(long, global = true, value_name = "LEVEL", value_parser = ["off", "error", "warn", "info", "debug", "trace"])]
    log_level: Option<String>,
    /// How logs on stderr look
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub(crate) log_format: LogFormat,
}

/// How logs look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show everything at work: two hosts on this machine, from handshake to a transferred file
    Demo(Demo),
    /// Run a node that answers ping, identify and echo, and receives files if it is told where to
    Node(Node),
    /// Measure the round trip to a peer
    Ping(Ping),
    /// Send bytes to a peer and check that all of them come back
    Echo(Echo),
    /// Ask a peer who it is, where it can be reached and what it speaks
    Identify(Identify),
    /// Send files to a node that was started with --receive
    Send(Send),
    /// Make and look at private keys
    #[command(subcommand)]
    Key(Key),
    /// Look at libp2p certificates
    #[command(subcommand)]
    Cert(Cert),
    /// Print the completions of a shell, to be put where it looks for them
    Completions(Completions),
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// How large the generated file is; suffixes like 64M or 1GiB are understood
    #[arg(long, value_name = "BYTES", value_parser = units::parse_bytes, default_value = "64MiB")]
    pub(crate) size: u64,
    /// How many streams carry it at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64), default_value_t = 4)]
    pub(crate) streams: u16,
}

#[derive(Args, Debug)]
pub(crate) struct Node {
    /// The private key that makes this node itself; by default one that is kept in your data folder
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Where to listen; can be given several times [default: port 4001 on every IPv4 and IPv6 address]
    #[arg(long, value_name = "MULTIADDR", value_parser = parse_listen)]
    pub(crate) listen: Vec<Address>,
    /// Take the files that peers send, and put them into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) receive: Option<PathBuf>,
}

/// Whom to talk to.
#[derive(Args, Debug)]
pub(crate) struct Peer {
    /// The peer's address, such as /ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooW…
    #[arg(value_name = "MULTIADDR", value_parser = parse_dial)]
    pub(crate) address: Address,
    /// The private key to use; by default a fresh one
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// How long connecting may take
    #[arg(long, value_name = "SECONDS", value_parser = units::parse_seconds, default_value = "10")]
    pub(crate) timeout: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct Ping {
    #[command(flatten)]
    pub(crate) peer: Peer,
    /// How many pings to send; 0 goes on until it is interrupted
    #[arg(short = 'c', long, value_name = "N", default_value_t = 5)]
    pub(crate) count: u64,
    /// How long to wait between one ping and the next
    #[arg(short = 'i', long, value_name = "SECONDS", value_parser = units::parse_seconds, default_value = "1")]
    pub(crate) interval: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct Echo {
    #[command(flatten)]
    pub(crate) peer: Peer,
    /// The text to send
    #[arg(value_name = "TEXT", conflicts_with = "size", default_value = "hello")]
    pub(crate) text: String,
    /// Send so many generated bytes instead; suffixes like 64M or 1GiB are understood
    #[arg(long, value_name = "BYTES", value_parser = units::parse_bytes)]
    pub(crate) size: Option<u64>,
    /// The protocol to speak; any that sends everything back will do
    #[arg(long, value_name = "NAME", value_parser = parse_protocol, default_value = "/echo/1.0.0")]
    pub(crate) protocol: Protocol,
}

#[derive(Args, Debug)]
pub(crate) struct Identify {
    #[command(flatten)]
    pub(crate) peer: Peer,
}

#[derive(Args, Debug)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) peer: Peer,
    /// The files to send
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How many files to send at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64), default_value_t = 4)]
    pub(crate) parallel: u16,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a private key in a new file that you alone can read; a file that exists is never overwritten
    Generate {
        /// The type of the key; every peer understands ed25519
        #[arg(long = "type", value_name = "TYPE", value_enum, default_value_t)]
        key_type: NewKeyType,
        /// Where to put it
        file: PathBuf,
    },
    /// Say whose key a file holds
    Show {
        /// The file
        file: PathBuf,
    },
}

/// The types of keys that are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum NewKeyType {
    #[default]
    Ed25519,
    Secp256k1,
    Ecdsa,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Cert {
    /// Say whether a certificate is a valid libp2p certificate, whose it is, and which rule it breaks
    Check {
        /// The certificate, as DER or PEM
        file: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

impl Global {
    /// Returns the level that was asked for.
    pub(crate) fn log_level(&self) -> Option<LevelFilter> {
        self.log_level.as_deref()?.parse().ok()
    }
}

fn parse_dial(text: &str) -> Result<Address, String> {
    let address: Address = text.parse().map_err(with_causes)?;
    address.check_dial().map_err(with_causes)?;
    if address.needs_lookup() {
        return Err("names are not looked up yet; give the ip address of the peer".into());
    }
    Ok(address)
}

fn parse_listen(text: &str) -> Result<Address, String> {
    let address: Address = text.parse().map_err(with_causes)?;
    address.check_listen().map_err(with_causes)?;
    if address.peer_id().is_some() {
        return Err("an address to listen on ends before /p2p; the key decides who listens".into());
    }
    Ok(address)
}

fn parse_protocol(text: &str) -> Result<Protocol, String> {
    text.parse().map_err(with_causes)
}

/// clap prints an error without its causes.
fn with_causes(error: impl std::error::Error) -> String {
    crate::failure::sentence(&error)
}

#[cfg(test)]
mod tests;
