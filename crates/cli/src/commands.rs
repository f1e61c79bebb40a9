//! The commands, one file each.

mod cert;
mod completions;
mod demo;
mod echo;
mod identify;
mod key;
mod node;
mod perf;
mod ping;
mod send;

use crate::{Context, arguments::Command, failure::Failure};

/// Runs a command to its end.
pub(crate) async fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Demo(demo) => demo::run(&demo, context).await,
        Command::Node(node) => node::run(&node, context).await,
        Command::Ping(ping) => ping::run(&ping, context).await,
        Command::Echo(echo) => echo::run(&echo, context).await,
        Command::Identify(identify) => identify::run(&identify, context).await,
        Command::Perf(perf) => perf::run(&perf, context).await,
        Command::Send(send) => send::run(&send, context).await,
        Command::Key(key) => key::run(&key, context),
        Command::Cert(cert) => cert::run(&cert, context),
        Command::Completions(completions) => completions::run(&completions),
    }
}
