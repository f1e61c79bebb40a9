//! One step of a longer run: named, timed, and repeatable alone.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::exec::Exec;

/// Something to do, and the command that does only this.
pub(crate) struct Step<'a> {
    name: &'static str,
    repeat: String,
    action: Box<dyn FnOnce() -> Result<(), Error> + 'a>,
}

impl<'a> Step<'a> {
    /// A step that is a program; repeating it is calling it.
    pub(crate) fn program(name: &'static str, exec: Exec) -> Self {
        Self {
            name,
            repeat: exec.to_string(),
            action: Box::new(|| exec.run()),
        }
    }

    /// A step that is one of our own commands.
    pub(crate) fn command(
        name: &'static str,
        action: impl FnOnce() -> Result<(), Error> + 'a,
    ) -> Self {
        Self {
            name,
            repeat: format!("cargo xtask {name}"),
            action: Box::new(action),
        }
    }
}

/// Runs the steps in order, prints each with its time, and stops at the first that fails.
pub(crate) fn run_all(steps: Vec<Step<'_>>) -> Result<(), Error> {
    let started = Instant::now();
    let mut times = Vec::with_capacity(steps.len());
    for step in steps {
        let name = step.name;
        let step_started = Instant::now();
        eprintln!("==> {name}");
        let outcome = (step.action)();
        let elapsed = step_started.elapsed();
        if let Err(source) = outcome {
            eprintln!("<== {name} failed after {}", seconds(elapsed));
            return Err(Error::Step {
                step: name,
                repeat: step.repeat,
                source: Box::new(source),
            });
        }
        eprintln!("<== {name} passed in {}", seconds(elapsed));
        times.push((name, elapsed));
    }
    for (name, elapsed) in times {
        eprintln!("{name:<10} {:>10}", seconds(elapsed));
    }
    eprintln!("{:<10} {:>10}", "all", seconds(started.elapsed()));
    Ok(())
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
