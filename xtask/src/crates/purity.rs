//! What a pure crate is built on: nothing that opens sockets, starts threads or runs tasks.

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Package;

/// Crates whose purpose is I/O, threads or scheduling.
const IMPURE: [&str; 20] = [
    "async-executor",
    "async-io",
    "async-std",
    "crossbeam-channel",
    "crossbeam-utils",
    "futures-executor",
    "futures-timer",
    "hyper",
    "mio",
    "parking_lot",
    "polling",
    "quinn",
    "quinn-udp",
    "rayon",
    "smol",
    "socket2",
    "threadpool",
    "tokio",
    "tokio-util",
    "wasm-bindgen-futures",
];

/// Walks the dependencies that the crate has without default features, and names the impure ones.
pub(super) fn check(package: &Package) -> Result<Vec<String>, Error> {
    let tree = Exec::cargo()
        .words("tree --no-default-features --edges normal --prefix none --format {p} -p")
        .arg(&package.name)
        .output()?;
    Ok(impure(&tree)
        .into_iter()
        .map(|name| format!("{}: a pure crate, yet it is built on {name}", package.name))
        .collect())
}

fn impure(tree: &str) -> Vec<&str> {
    let mut names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| IMPURE.contains(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
