//! Arguments of the commands that are about this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use sinew::Address;

use super::{Stack, examples, parse};
use crate::units;

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
    /// The private key that makes this node itself [default: one that is kept in your data folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Where to listen; can be given several times [default: port 4001 on every IPv4 and IPv6 address, over UDP and
    /// TCP]
    #[arg(long, value_name = "MULTIADDR", value_parser = parse::listen)]
    pub(crate) listen: Vec<Address>,
    #[command(flatten)]
    pub(crate) stack: Stack,
    /// Take the files that peers send, and put them into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) receive: Option<PathBuf>,
    /// Let peers measure how fast this node is; not for nodes that everybody can reach
    ///
    /// Whoever connects can then make the node send and receive as fast as it can, for as long as they like.
    #[arg(long)]
    pub(crate) perf: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a private key in a new file that you alone can read; a file that exists is never overwritten
    #[command(after_long_help = examples::KEY_GENERATE)]
    Generate {
        /// The type of the key; every peer understands ed25519
        #[arg(long = "type", value_name = "TYPE", value_enum, default_value_t)]
        key_type: NewKeyType,
        /// Where to put it
        file: PathBuf,
    },
    /// Say whose key a file holds
    #[command(after_long_help = examples::KEY_SHOW)]
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
    #[command(after_long_help = examples::CERT_CHECK)]
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
