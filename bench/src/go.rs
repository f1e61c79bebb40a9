//! Builds the go-libp2p peer, a program of its own with the same command line as `serve` and `measure`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Returns the program, built beside this one.
///
/// # Errors
///
/// Without Go, or when it cannot build the program: for example because modules cannot be fetched.
pub(crate) fn build() -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("go");
    let program = std::env::current_exe()?.with_file_name("go-peer");
    let mut build = Command::new("go");
    build.args(["build", "-mod=readonly", "-trimpath", "-o"]);
    build.arg(&program).current_dir(source);
    // An older Go gets the one that go.mod asks for; no C compiler needed.
    build
        .env("GOTOOLCHAIN", "auto")
        .env("CGO_ENABLED", "0")
        .stdout(std::io::stderr());
    let status = build
        .status()
        .context("`go` is not installed, see https://go.dev/doc/install")?;
    if !status.success() {
        bail!("`go build` ended with {status}");
    }
    Ok(program)
}
