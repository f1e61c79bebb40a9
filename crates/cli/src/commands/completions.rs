//! `sinew completions`: what a shell needs to complete our commands.

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::{
    arguments::{Arguments, Completions},
    failure::Failure,
};

pub(crate) fn run(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "sinew",
        &mut script,
    );
    io::stdout().write_all(&script).map_err(Failure::output)
}
