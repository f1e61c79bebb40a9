//! The sinew program: run a node, talk to any libp2p node.

mod arguments;
mod carrier;
mod clock;
mod commands;
mod explain;
mod failure;
mod host;
mod identity;
mod logs;
mod output;
mod probe;
mod progress;
mod session;
#[cfg(unix)]
mod signals;
#[cfg(not(unix))]
#[path = "signals/windows.rs"]
mod signals;
mod units;

use std::{fmt, process::ExitCode};

use serde::Serialize;

use crate::{
    arguments::{Arguments, LogFormat},
    failure::Failure,
    output::Output,
    progress::Bars,
};

fn main() -> ExitCode {
    // Bad usage ends here, with the exit code 2.
    let arguments = Arguments::read();
    let context = Context {
        output: Output::new(arguments.global.json),
        log_format: arguments.global.log_format,
        bars: Bars::new(),
    };
    logs::start(&arguments.global, &context.bars);
    match run(arguments, &context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(&context);
            ExitCode::FAILURE
        }
    }
}

/// What every command works with.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) log_format: LogFormat,
    pub(crate) bars: Bars,
}

impl Context {
    /// Prints a result, while no bar is on the screen.
    pub(crate) fn print(&self, result: &(impl Serialize + fmt::Display)) -> Result<(), Failure> {
        self.bars.suspend(|| self.output.print(result))
    }
}

fn run(arguments: Arguments, context: &Context) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::local("cannot start", &error))?
        .block_on(commands::run(arguments.command, context))
}
