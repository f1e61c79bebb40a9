//! Results, on stdout: lines for people or objects for programs.

use std::{
    fmt,
    io::{self, Write as _},
};

use serde::Serialize;

use crate::failure::Failure;

/// Where results go, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints a result: its text, or itself as one object in one line.
    pub(crate) fn print(self, result: &(impl Serialize + fmt::Display)) -> Result<(), Failure> {
        self.write(result).map_err(Failure::output)
    }

    fn write(self, result: &(impl Serialize + fmt::Display)) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut stdout, result)?;
            writeln!(stdout)?;
        } else {
            writeln!(stdout, "{result}")?;
        }
        // What reads a pipe wants each result when it is there.
        stdout.flush()
    }
}
