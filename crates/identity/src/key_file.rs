//! Key files: a private key in the protobuf form that every libp2p implementation stores.
//!
//! This module is the one part of the crate that touches the operating system, apart from key
//! generation, and stands behind the feature `os` with it.
//!
//! A key file is never overwritten, and appears under its name whole or not at all: it is written
//! under another name in the same folder and then linked. Of several processes that start at once
//! with the same path, one generates the key and all of them use it. Where the file system has no
//! links, the file is written in place; a process that starts in that moment reports an incomplete
//! key and works when it is started again.
//!
//! On Unix a file is made readable for its owner alone. One that others may read, or that the group
//! may write, is refused; reading by the group is allowed, because that is how service managers
//! hand keys to what they run. On other systems the permissions are those of the folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::key_message::MAX_LEN;
use crate::{DecodeError, GenerateError, KeyType, Keypair};

/// A key file was not read or not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is no such file.
    #[error("there is no key file at '{}'; generate one there or give another path", path.display())]
    Missing {
        /// The path given.
        path: PathBuf,
    },
    /// The folder that the file is to be made in does not exist.
    #[error("the folder of '{}' does not exist; make it first or give another path", path.display())]
    NoFolder {
        /// The path given.
        path: PathBuf,
    },
    /// Something is there already, and is not overwritten.
    #[error("'{}' exists and is not overwritten; move it away or give another path", path.display())]
    Exists {
        /// The path given.
        path: PathBuf,
    },
    /// There is a folder, a device or a pipe instead of a file.
    #[error("'{}' is not a file; give the path of a key file", path.display())]
    NotAFile {
        /// The path given.
        path: PathBuf,
    },
    /// Others than the owner may read or change the key.
    #[error(
        "the key file '{}' is open to other users (mode {mode:03o}); close it with: chmod 600, and \
         replace the key if others may have read it",
        path.display()
    )]
    Exposed {
        /// The path given.
        path: PathBuf,
        /// The permission bits of the file.
        mode: u32,
    },
    /// The file holds something else than a key, or a key that cannot be used.
    #[error("'{}' holds no usable key in the libp2p protobuf form", path.display())]
    NotAKey {
        /// The path given.
        path: PathBuf,
        /// What is wrong with the content.
        source: DecodeError,
    },
    /// The key was not generated.
    #[error("no key was generated")]
    Generate(#[from] GenerateError),
    /// The operating system refused.
    #[error("the key file '{}' is not accessible", path.display())]
    Io {
        /// The path given.
        path: PathBuf,
        /// The reason of the operating system.
        source: io::Error,
    },
}

/// Reads the key in the file at `path`.
///
/// # Errors
///
/// [`KeyFileError`] names the path, what is wrong, and what to do about it.
pub fn load(path: &Path) -> Result<Keypair, KeyFileError> {
    // Opening a pipe would wait for somebody to write into it.
    if !fs::metadata(path)
        .map_err(|source| on_read(path, source))?
        .is_file()
    {
        return Err(KeyFileError::NotAFile { path: path.into() });
    }
    let file = File::open(path).map_err(|source| on_read(path, source))?;
    let metadata = file.metadata().map_err(|source| on_read(path, source))?;
    if let Some(mode) = platform::exposed_mode(&metadata) {
        return Err(KeyFileError::Exposed {
            path: path.into(),
            mode,
        });
    }
    // One allocation, so that no piece of the key stays behind. A byte more than any key has shows
    // that the file is too long.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LEN + 1));
    file.take(MAX_LEN as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| on_read(path, source))?;
    Keypair::from_protobuf(&bytes).map_err(|source| KeyFileError::NotAKey {
        path: path.into(),
        source,
    })
}

/// Writes `keypair` to a new file at `path`.
///
/// # Errors
///
/// [`KeyFileError::Exists`] when there is something at `path` already, and the others for what the
/// operating system may object to; each names the path and what to do.
pub fn create(path: &Path, keypair: &Keypair) -> Result<(), KeyFileError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(KeyFileError::Exists { path: path.into() });
    }
    let bytes = keypair.to_protobuf();
    let draft = draft_path(path)?;
    let result = write_new(&draft, &bytes).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // No links on this file system: the file is written in place, and nothing is
            // overwritten either.
            write_new(path, &bytes)
        }
        result => result,
    });
    // What went wrong before matters more than a draft that stays behind.
    let _ = fs::remove_file(&draft);
    result.map_err(|source| on_write(path, source))?;
    platform::sync_folder(folder(path));
    Ok(())
}

/// Reads the key in the file at `path`; if there is no such file, generates a key of type
/// `key_type` and writes it there.
///
/// # Errors
///
/// Those of [`load`] and [`create`], but for [`KeyFileError::Missing`] and
/// [`KeyFileError::Exists`].
pub fn load_or_generate(path: &Path, key_type: KeyType) -> Result<Keypair, KeyFileError> {
    match load(path) {
        Err(KeyFileError::Missing { .. }) => {}
        result => return result,
    }
    let keypair = Keypair::generate_from_os(key_type)?;
    match create(path, &keypair) {
        // Another process was faster; its key is the one.
        Err(KeyFileError::Exists { .. }) => load(path),
        result => result.map(|()| keypair),
    }
}

/// Writes a file that must not exist, private from its first moment, and takes it back when
/// that goes wrong half way.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    platform::make_private(&mut options);
    let mut file = options.open(path)?;
    let result = file.write_all(bytes).and_then(|()| file.sync_all());
    if result.is_err() {
        // The file is ours, incomplete, and in the way of the next attempt.
        let _ = fs::remove_file(path);
    }
    result
}

/// Returns a hidden name in the folder of `path` that nobody else uses.
fn draft_path(path: &Path) -> Result<PathBuf, KeyFileError> {
    let Some(name) = path.file_name() else {
        return Err(KeyFileError::NotAFile { path: path.into() });
    };
    let random = getrandom::u64().map_err(|_| GenerateError::NoRandomness)?;
    let mut draft = std::ffi::OsString::from(".");
    draft.push(name);
    draft.push(format!(".{random:016x}"));
    Ok(path.with_file_name(draft))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn on_read(path: &Path, source: io::Error) -> KeyFileError {
    let path = path.into();
    if source.kind() == io::ErrorKind::NotFound {
        return KeyFileError::Missing { path };
    }
    KeyFileError::Io { path, source }
}

fn on_write(path: &Path, source: io::Error) -> KeyFileError {
    let path = path.into();
    if source.kind() == io::ErrorKind::AlreadyExists {
        return KeyFileError::Exists { path };
    }
    if source.kind() == io::ErrorKind::NotFound {
        return KeyFileError::NoFolder { path };
    }
    KeyFileError::Io { path, source }
}

#[cfg(not(unix))]
#[path = "key_file/other.rs"]
mod platform;
#[cfg(unix)]
#[path = "key_file/unix.rs"]
mod platform;
#[cfg(test)]
mod tests;
