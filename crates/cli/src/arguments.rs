//! What can be typed on the command line.

mod examples;
mod local;
mod parse;
mod remote;
mod stack;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use tracing::level_filters::LevelFilter;

pub(crate) use local::{Cert, Completions, Demo, Key, NewKeyType, Node};
pub(crate) use remote::{Echo, Identify, Peer, Perf, Ping, Send};
pub(crate) use stack::Stack;

/// Run a libp2p node, and talk to any other: ping it, ask who it is, echo bytes, measure how fast it is, send files.
///
/// A peer is given by its address: where it listens, and best also who it is.
///
///   /ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooW…
///   /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
///
/// See it work on this machine alone:
///
///   sinew demo
///
/// Or use two terminals; the first prints the addresses to give to the second:
///
///   sinew node
///   sinew ping ADDRESS
#[derive(Debug, Parser)]
#[command(name = "sinew", version, verbatim_doc_comment)]
#[command(
    after_help = "`sinew COMMAND --help` shows examples. Results go to stdout, logs to stderr. \
                  Exit code: 0 done, 1 failed, 2 bad usage."
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
    #[arg(long, global = true, help_heading = EVERY_COMMAND)]
    pub(crate) json: bool,
    /// Log what is at least this important [default: what RUST_LOG says, or info]
    #[arg(long, global = true, help_heading = EVERY_COMMAND, value_name = "LEVEL", value_parser = ["off", "error", "warn", "info", "debug", "trace"])]
    log_level: Option<String>,
    /// How logs on stderr look: lines for people, or one JSON object per line
    #[arg(
        long,
        global = true,
        help_heading = EVERY_COMMAND,
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub(crate) log_format: LogFormat,
}

/// How logs look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show everything at work: two hosts on this machine, from handshake to a transferred file
    #[command(after_long_help = examples::DEMO)]
    Demo(Demo),
    /// Run a node that answers ping, identify and echo, and receives files if it is told where to
    ///
    /// It prints one line for each address at which it can be dialed, and runs until it is interrupted.
    #[command(after_long_help = examples::NODE)]
    Node(Node),
    /// Measure the round trip to a peer
    #[command(after_long_help = examples::PING)]
    Ping(Ping),
    /// Send bytes to a peer and check that all of them come back
    #[command(after_long_help = examples::ECHO)]
    Echo(Echo),
    /// Ask a peer who it is, where it can be reached and what it speaks
    #[command(after_long_help = examples::IDENTIFY)]
    Identify(Identify),
    /// Measure how fast a peer can be sent to and received from
    ///
    /// Whatever serves libp2p's perf protocol can be measured; a node of this program does when it was started
    /// with --perf. First comes the upload, then the download.
    #[command(after_long_help = examples::PERF)]
    Perf(Perf),
    /// Send files to a node that was started with --receive
    ///
    /// Each file is checked by its hash before it appears at the other end. A transfer that was cut off goes
    /// on where it ended when the same file is sent again. Nothing that the peer has is overwritten.
    #[command(after_long_help = examples::SEND)]
    Send(Send),
    /// Make private keys, and look at them
    ///
    /// A key is what makes a node itself: who has it has the peer id that follows from it.
    #[command(subcommand)]
    Key(Key),
    /// Look at libp2p certificates
    #[command(subcommand)]
    Cert(Cert),
    /// Print the completions of a shell, to be put where it looks for them
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions(Completions),
}

impl Arguments {
    /// Reads the command line; whatever is wrong with it ends the program with the exit code 2.
    pub(crate) fn read() -> Self {
        let arguments = Self::parse();
        if let Err(error) = arguments.check() {
            error.format(&mut Self::command()).exit();
        }
        arguments
    }

    /// Finds what is right by itself and cannot be done together.
    fn check(&self) -> Result<(), clap::Error> {
        let peer = match &self.command {
            Command::Node(node) => return node.stack.check(&node.listen),
            Command::Ping(ping) => &ping.peer,
            Command::Echo(echo) => &echo.peer,
            Command::Identify(identify) => &identify.peer,
            Command::Perf(perf) => {
                perf.check()?;
                &perf.peer
            }
            Command::Send(send) => &send.peer,
            Command::Demo(_) | Command::Key(_) | Command::Cert(_) | Command::Completions(_) => {
                return Ok(());
            }
        };
        peer.stack.check([&peer.address])
    }
}

impl Global {
    /// Returns the level that was asked for.
    pub(crate) fn log_level(&self) -> Option<LevelFilter> {
        self.log_level.as_deref()?.parse().ok()
    }
}

const EVERY_COMMAND: &str = "Options of every command";

#[cfg(test)]
mod tests;
