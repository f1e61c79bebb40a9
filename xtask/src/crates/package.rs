//! What a crate would publish: its sources, its tests, its licences, and nothing else.

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Package;

/// Files at the top of a package that belong there. `Cargo.lock` and the last two are cargo's own.
const FILES: [&str; 8] = [
    "Cargo.toml",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "clippy.toml",
    "Cargo.lock",
    "Cargo.toml.orig",
    ".cargo_vcs_info.json",
];

const FOLDERS: [&str; 6] = [
    "src/",
    "tests/",
    "testdata/",
    "snapshots/",
    "examples/",
    "benches/",
];

/// What every package must have.
const REQUIRED: [&str; 4] = ["Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Asks cargo what it would publish, and returns what is missing from it or does not belong.
pub(super) fn check(package: &Package) -> Result<Vec<String>, Error> {
    let listing = Exec::cargo()
        .words("package --list --allow-dirty -p")
        .arg(&package.name)
        .output()?;
    let problems = problems(&listing);
    Ok(problems
        .into_iter()
        .map(|problem| format!("{}: {problem}", package.name))
        .collect())
}

fn problems(listing: &str) -> Vec<String> {
    let listed: Vec<String> = listing
        .lines()
        .map(|line| line.replace('\\', "/"))
        .collect();
    let belongs = |path: &String| {
        FILES.contains(&path.as_str()) || FOLDERS.iter().any(|folder| path.starts_with(folder))
    };
    let missing = REQUIRED
        .iter()
        .filter(|required| !listed.iter().any(|path| path == *required))
        .map(|required| format!("its package lacks {required}"));
    let foreign = listed
        .iter()
        .filter(|path| !belongs(path))
        .map(|path| format!("its package would contain {path}"));
    missing.chain(foreign).collect()
}

#[cfg(test)]
mod tests;
