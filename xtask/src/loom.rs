//! The model checks of the drivers: every interleaving of marking work and parking.

use crate::error::Error;
use crate::exec::Exec;
use crate::source;
use crate::workspace::Workspace;

/// Where the models stand. Their cfg is our own: tokio and others change under plain `loom`.
const MODELS: &str = "crates/driver/src/";

/// Runs the models in a target folder of their own, because the cfg rebuilds every dependency.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let files = source::read_all(&workspace.root)?;
    let has_model = files
        .iter()
        .any(|file| file.path.starts_with(MODELS) && file.text.contains("cfg(sinew_loom)"));
    if !has_model {
        println!("no loom model in {MODELS}");
        return Ok(());
    }
    let test = Exec::cargo()
        .words("test -p sinew-driver --release --lib --target-dir")
        .arg(workspace.target.join("loom"))
        .arg("loom")
        .env("RUSTFLAGS", "--cfg sinew_loom");
    let command = test.to_string();
    if passed(&test.run_and_capture()?) == 0 {
        return Err(Error::NoTestRan { command });
    }
    Ok(())
}

/// Returns how many tests passed, by the summaries that libtest prints.
fn passed(output: &str) -> u32 {
    output
        .lines()
        .filter_map(|line| {
            line.strip_prefix("test result: ok. ")?
                .split(' ')
                .next()?
                .parse::<u32>()
                .ok()
        })
        .fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests;
