//! Which key a command uses.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use sinew::{
    KeyType, Keypair,
    key_file::{self, KeyFileError},
};
use tracing::info;

use crate::failure::{Failure, Fault, Kind};

/// Returns the key of a node: the one in `file`, or the one that is kept for this user.
pub(crate) fn of_node(file: Option<&Path>) -> Result<Keypair, Failure> {
    if let Some(file) = file {
        return load(file);
    }
    let path = default_path().ok_or_else(|| {
        Failure::new(
            Kind::Local,
            Fault::Us,
            "there is no folder to keep an identity in",
        )
        .advise("set HOME, or give a key with --key FILE")
    })?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| {
            Failure::file(&error)
                .about(folder.display())
                .advise("give a key with --key FILE")
        })?;
    }
    let was_there = path.exists();
    let keypair = key_file::load_or_generate(&path, KeyType::Ed25519).map_err(explain)?;
    let (peer, file) = (keypair.peer_id(), path.display());
    if was_there {
        info!(%peer, %file, "this node's identity comes from the file");
    } else {
        info!(%peer, %file, "made a new identity, which is kept in the file");
    }
    Ok(keypair)
}

/// Returns the key of a command that does its work and ends: the one in `file`, or a fresh one.
pub(crate) fn of_client(file: Option<&Path>) -> Result<Keypair, Failure> {
    file.map_or_else(|| Ok(Keypair::generate_ed25519()), load)
}

/// Reads a key.
pub(crate) fn load(file: &Path) -> Result<Keypair, Failure> {
    key_file::load(file).map_err(explain)
}

/// Says what to do about a key file that is not usable; most of its errors do so themselves.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an error with no advice of its own is told in its own words"
)]
pub(crate) fn explain(error: KeyFileError) -> Failure {
    let failure = Failure::file(&error);
    match error {
        KeyFileError::Missing { .. } => failure.advise("make a key with `sinew key generate FILE`"),
        KeyFileError::NotAKey { .. } => failure.advise(
            "use a file that `sinew key generate` made, or the private key of another libp2p \
             implementation in protobuf form",
        ),
        _ => failure,
    }
}

/// Returns where the identity is kept: in the folder that the system has for data of the user's programs.
fn default_path() -> Option<PathBuf> {
    Some(data_folder()?.join("sinew").join("identity.key"))
}

#[cfg(windows)]
fn data_folder() -> Option<PathBuf> {
    absolute("APPDATA")
}

#[cfg(target_os = "macos")]
fn data_folder() -> Option<PathBuf> {
    Some(absolute("HOME")?.join("Library/Application Support"))
}

#[cfg(not(any(windows, target_os = "macos")))]
fn data_folder() -> Option<PathBuf> {
    // The XDG specification has relative paths in the variable ignored.
    absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}
