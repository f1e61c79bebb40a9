//! Counts instructions with valgrind's callgrind, by function.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::exec::Exec;

/// Instructions, all of them and those of ciphers, hashes and curves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) instructions: u64,
    pub(super) crypto: u64,
}

/// Runs a case, and counts what it does in its measured part.
pub(super) fn cost(program: &Path, case: &str, folder: &Path) -> Result<Cost, Error> {
    let file = folder.join(format!("{case}.callgrind"));
    let run = Exec::new("env")
        // What stands in the environment moves the stack, and with it what a copy costs.
        .words("-i valgrind --quiet --tool=callgrind --toggle-collect=*region::measured*")
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(program)
        .arg(case);
    run.output()?;
    let text = fs::read_to_string(&file).map_err(|source| Error::Read { path: file, source })?;
    Ok(parse(&text))
}

/// Adds up what each function took by itself. A line after `calls=` is what the called function took, which is
/// counted where it stands.
fn parse(text: &str) -> Cost {
    let mut names = HashMap::<&str, bool>::new();
    let mut cost = Cost::default();
    let (mut is_crypto, mut is_call) = (false, false);
    for line in text.lines() {
        if let Some(function) = line.strip_prefix("fn=").or(line.strip_prefix("cfn=")) {
            // `(id) name` the first time, `(id)` from then on.
            let (id, name) = function.split_once(' ').unwrap_or((function, ""));
            if !name.is_empty() {
                names.insert(id, of_crypto(name));
            }
            if line.starts_with("fn=") {
                is_crypto = names.get(id).copied().unwrap_or(false);
            }
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '*')) {
            let instructions = line.rsplit(' ').next().and_then(|word| word.parse().ok());
            if !std::mem::take(&mut is_call) {
                let instructions: u64 = instructions.unwrap_or(0);
                cost.instructions = cost.instructions.saturating_add(instructions);
                if is_crypto {
                    cost.crypto = cost.crypto.saturating_add(instructions);
                }
            }
        }
    }
    cost
}

fn of_crypto(function: &str) -> bool {
    CRYPTO.iter().any(|part| function.contains(part))
        || FIELDS.iter().any(|start| function.starts_with(start))
}

/// What stands in the names of ring's functions, and of the pure Rust curves and hashes.
const CRYPTO: [&str; 17] = [
    "ring_core",
    "ring::",
    "aesni",
    "aes_hw",
    "ghash",
    "gcm_",
    "chacha",
    "poly1305",
    "sha2",
    "sha512",
    "x25519",
    "curve25519",
    "ed25519",
    "p256",
    "nistz256",
    "primeorder",
    "elliptic_curve",
];

/// How the names of ring's arithmetic for curves begin.
const FIELDS: [&str; 4] = ["fe_", "ge_", "fiat_", "bn_"];

#[cfg(test)]
mod tests;
