//! Builds the simulator and runs it.

use crate::error::Error;
use crate::exec::Exec;

/// Passes `arguments` on to the simulator.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let sim = Exec::cargo().words("run --quiet --release --locked -p sinew-sim --");
    arguments.iter().fold(sim, Exec::arg).run()
}
