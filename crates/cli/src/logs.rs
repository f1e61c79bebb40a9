//! Logs, on stderr.

use std::io::{self, IsTerminal as _, Write};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    arguments::{Global, LogFormat},
    progress::Bars,
};

/// Starts logging. `--log-level` counts before `RUST_LOG`, and that before `info`.
pub(crate) fn start(options: &Global, bars: &Bars) {
    let filter = match options.log_level() {
        Some(level) => EnvFilter::default().add_directive(level.into()),
        None => EnvFilter::builder()
            .with_default_directive(LevelFilter::INFO.into())
            .from_env_lossy(),
    };
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal() && !is_plain)
        .with_writer(BesideBars(bars.clone()))
        // Where stderr was closed there is no telling, and no reason to end.
        .log_internal_errors(false);
    match options.log_format {
        LogFormat::Text => logs.with_target(false).init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}

/// Takes the bars away while a line is written.
#[derive(Clone)]
struct BesideBars(Bars);

impl<'a> MakeWriter<'a> for BesideBars {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for BesideBars {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
