//! What the demo tells about each of its steps.

use std::{
    fmt,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::{
    Context,
    failure::Failure,
    units::{Span, milliseconds},
};

/// Tells what was done and how long each step took.
pub(super) struct Steps<'a> {
    pub(super) context: &'a Context,
    started: Instant,
    /// When the present step began.
    begun: Instant,
}

impl<'a> Steps<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        let now = Instant::now();
        Self {
            context,
            started: now,
            begun: now,
        }
    }

    /// Returns how long the present step has taken.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Ends the present step and begins the next.
    pub(super) fn done(
        &mut self,
        step: &'static str,
        detail: impl Into<String>,
    ) -> Result<(), Failure> {
        self.print(step, detail.into(), self.elapsed())?;
        self.begun = Instant::now();
        Ok(())
    }

    /// Ends the demo.
    pub(super) fn end(&self) -> Result<(), Failure> {
        let detail = "everything works; `sinew --help` tells what else there is";
        self.print("done", detail.into(), self.started.elapsed())
    }

    fn print(&self, step: &'static str, detail: String, time: Duration) -> Result<(), Failure> {
        self.context.print(&Step {
            step,
            detail,
            time_ms: milliseconds(time),
            time,
        })
    }
}

/// One step.
#[derive(Serialize)]
#[serde(tag = "event", rename = "step")]
struct Step {
    step: &'static str,
    detail: String,
    time_ms: f64,
    #[serde(skip)]
    time: Duration,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Span(self.time).to_string();
        write!(f, "{time:>12}  {:<10}  ", self.step)?;
        let mut lines = self.detail.lines();
        f.write_str(lines.next().unwrap_or_default())?;
        lines.try_for_each(|line| write!(f, "\n{:26}{line}", ""))
    }
}
