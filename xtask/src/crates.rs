//! Each crate alone: its features, its tests, what it would publish, what it is built on.
//!
//! `-p X` keeps cargo from unifying features with the rest of the workspace, so a crate that compiles only
//! because a neighbour switched something on is found here.

mod package;
mod purity;

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::{Package, Workspace};

/// Checks the named crates, or all of them.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<(), Error> {
    let packages = select(&workspace.packages, names)?;
    // The cheap ones first: they fail in seconds.
    let mut findings = Vec::new();
    for package in &packages {
        findings.extend(package::check(package)?);
        if package.is_pure {
            findings.extend(purity::check(package)?);
        }
    }
    Error::unless_empty("crates", findings)?;
    for package in &packages {
        build(package)?;
    }
    for package in &packages {
        Exec::cargo()
            .words("test --quiet -p")
            .arg(&package.name)
            .run()?;
    }
    Ok(())
}

/// Compiles the crate without features and with each feature alone. Clippy, because it can refuse warnings
/// without building every dependency again.
fn build(package: &Package) -> Result<(), Error> {
    let clippy = |features: &str| {
        Exec::cargo()
            .words("clippy --quiet --no-default-features -p")
            .arg(&package.name)
            .words(features)
            .words("-- -D warnings")
    };
    clippy("").run()?;
    for feature in &package.features {
        clippy(&format!("--features {feature}")).run()?;
    }
    Ok(())
}

fn select<'a>(packages: &'a [Package], names: &[String]) -> Result<Vec<&'a Package>, Error> {
    if names.is_empty() {
        return Ok(packages.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            packages
                .iter()
                .find(|package| package.name == *name)
                .ok_or_else(|| Error::UnknownCrate(name.clone()))
        })
        .collect()
}
