//! What is run before a push, and what CI runs: the same steps in the same order.

use crate::bench;
use crate::crates;
use crate::error::Error;
use crate::exec::Exec;
use crate::fuzz;
use crate::interop;
use crate::layers;
use crate::loom;
use crate::micro;
use crate::specs;
use crate::step::{self, Step};
use crate::tidy;
use crate::workspace::Workspace;

/// Runs what finds most mistakes: seconds of checks, then every test.
pub(crate) fn test(workspace: &Workspace) -> Result<(), Error> {
    step::run_all(before_a_push(workspace))
}

/// Runs everything.
pub(crate) fn ci(workspace: &Workspace) -> Result<(), Error> {
    let mut steps = before_a_push(workspace);
    steps.extend([
        Step::program(
            "clippy",
            Exec::cargo().words("clippy --workspace --all-targets --all-features -- -D warnings"),
        ),
        Step::program(
            "docs",
            Exec::cargo()
                .words("doc --workspace --no-deps --all-features")
                .env("RUSTDOCFLAGS", "-D warnings"),
        ),
        // Both stand outside the workspace, so nothing else would notice that they no longer build.
        Step::program(
            "bench",
            bench::cargo(workspace, "clippy --all-targets").words("-- -D warnings"),
        ),
        Step::program(
            "fuzz",
            Exec::cargo()
                .words("test --locked --lib --manifest-path fuzz/Cargo.toml --target-dir")
                .arg(workspace.target.join("fuzz")),
        ),
        // Unoptimised, because that is built already.
        Step::program(
            "sim",
            Exec::cargo().words("run --quiet --locked -p sinew-sim -- --seeds 250"),
        ),
        Step::command("micro", || micro::ci(workspace)),
        Step::command("fuzz-short", || {
            fuzz::run(workspace, &fuzz::Options::short())
        }),
        Step::command("crates", || crates::run(workspace, &[])),
        Step::command("deny", || deny(workspace, false)),
        Step::command("loom", || loom::run(workspace)),
        Step::program(
            "clippy-interop-sinew",
            interop_sinew(workspace, "clippy --all-targets").words("-- -D warnings"),
        ),
        Step::program("test-interop-sinew", interop_sinew(workspace, "test")),
        Step::command("interop", || {
            interop::run(workspace, &interop::Options::QUICK)
        }),
    ]);
    step::run_all(steps)
}

/// Asks cargo-deny about licences, versions and sources; about advisories only when told to, because that
/// needs the advisory database from the network.
pub(crate) fn deny(workspace: &Workspace, advisories: bool) -> Result<(), Error> {
    if !Exec::cargo().words("deny --version").succeeds() {
        println!("cargo-deny is not installed: `cargo install cargo-deny --locked` gets it");
        return Ok(());
    }
    let checks = if advisories {
        "advisories bans licenses sources"
    } else {
        "bans licenses sources"
    };
    Exec::cargo()
        .words("deny --all-features check")
        .words(checks)
        .directory(&workspace.root)
        .run()
}

fn before_a_push(workspace: &Workspace) -> Vec<Step<'_>> {
    vec![
        Step::program("fmt", fmt("Cargo.toml")),
        Step::program("fmt-interop", fmt("interop/rust/Cargo.toml")),
        Step::program("fmt-interop-sinew", fmt("interop/sinew/Cargo.toml")),
        Step::program("fmt-bench", fmt("bench/Cargo.toml")),
        Step::program("fmt-fuzz", fmt("fuzz/Cargo.toml")),
        Step::command("layers", || layers::run(workspace)),
        Step::command("tidy", || tidy::run(workspace)),
        Step::command("specs", || specs::run(workspace)),
        Step::program("tests", Exec::cargo().words("test --workspace")),
    ]
}

/// Our side of the full interop run, which the quick one does not build. It shares that run's folder.
fn interop_sinew(workspace: &Workspace, command: &str) -> Exec {
    Exec::cargo()
        .words(command)
        .words("--locked --manifest-path interop/sinew/Cargo.toml --target-dir")
        .arg(workspace.target.join("peers").join("sinew"))
}

fn fmt(manifest: &str) -> Exec {
    Exec::cargo()
        .words("fmt --all --check --manifest-path")
        .arg(manifest)
}
