//! A file that is to be sent.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::SystemTime,
};

use bytes::Bytes;

use crate::{
    Phase, Progress, SendError,
    disk::{self, Hash, blocking},
};

/// A file that was read once, so that its size and hash are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    path: PathBuf,
    name: String,
    sha256: Hash,
    snapshot: Snapshot,
}

/// What changes when a file does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Snapshot {
    size: u64,
    modified: Option<SystemTime>,
}

/// Reads the content of a file.
pub(crate) struct Content {
    file: File,
    left: u64,
}

impl Outgoing {
    /// Reads the file at `path` from beginning to end; a link there is followed.
    ///
    /// It will be offered under its own name, without folders.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not a plain file, or has a name that is not Unicode.
    pub async fn open(
        path: impl AsRef<Path>,
        mut progress: impl FnMut(Progress),
    ) -> Result<Self, SendError> {
        let path = path.as_ref().to_owned();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(SendError::Unnamed { path });
        };
        let name = name.to_owned();
        let failed = |source| source_error(&path, source);

        let (mut file, snapshot) = blocking({
            let path = path.clone();
            move || open(&path)
        })
        .await
        .map_err(failed)?;
        let mut hasher = disk::new_hasher();
        let mut done = 0;
        let mut report = |done| {
            progress(Progress {
                phase: Phase::Hashing,
                done,
                total: snapshot.size,
            });
        };
        report(done);
        loop {
            let (rest, so_far, hashed) = blocking(move || {
                let mut part = (&mut file).take(HASH_STEP_BYTES);
                let hashed = disk::hash_rest(&mut part, &mut hasher)?;
                Ok((file, hasher, hashed))
            })
            .await
            .map_err(failed)?;
            (file, hasher) = (rest, so_far);
            done += hashed;
            report(done);
            if hashed < HASH_STEP_BYTES {
                break;
            }
        }
        if done != snapshot.size {
            return Err(SendError::SourceChanged { path });
        }
        Ok(Self {
            path,
            name,
            sha256: disk::finish_hash(hasher),
            snapshot,
        })
    }

    /// Offers the file under another name, which may have folders in it, separated by `/`.
    ///
    /// The receiver decides whether the name is allowed.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Returns the name that the file is offered under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the size of the content in bytes.
    pub fn size(&self) -> u64 {
        self.snapshot.size
    }

    /// Returns the SHA-256 of the content.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Opens the file again, to read from `offset` on.
    pub(crate) async fn content(&self, offset: u64) -> Result<Content, SendError> {
        let path = self.path.clone();
        let (file, snapshot) = blocking(move || {
            let (mut file, snapshot) = open(&path)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok((file, snapshot))
        })
        .await
        .map_err(|source| source_error(&self.path, source))?;
        if snapshot != self.snapshot {
            return Err(self.changed());
        }
        Ok(Content {
            file,
            left: snapshot.size.saturating_sub(offset),
        })
    }

    /// Says whether the file is no longer what it was when it was opened.
    pub(crate) async fn has_changed(&self) -> bool {
        let path = self.path.clone();
        let seen = blocking(move || open(&path)).await;
        !seen.is_ok_and(|(_, snapshot)| snapshot == self.snapshot)
    }

    /// Says what it means that the content cannot be read.
    pub(crate) fn unreadable(&self, error: io::Error) -> SendError {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            self.changed()
        } else {
            source_error(&self.path, error)
        }
    }

    pub(crate) fn changed(&self) -> SendError {
        SendError::SourceChanged {
            path: self.path.clone(),
        }
    }
}

impl Content {
    /// Reads the next chunk; it is empty at the end. Blocks.
    ///
    /// `UnexpectedEof` says that the file has become shorter.
    pub(crate) fn next(mut self) -> io::Result<(Self, Bytes)> {
        let len = usize::try_from(self.left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        let mut chunk = vec![0; len];
        self.file.read_exact(&mut chunk)?;
        self.left = self.left.saturating_sub(len as u64);
        Ok((self, chunk.into()))
    }
}

fn open(path: &Path) -> io::Result<(File, Snapshot)> {
    let file = disk::open_file(path, OpenOptions::new().read(true))?;
    let metadata = file.metadata()?;
    let snapshot = Snapshot {
        size: metadata.len(),
        modified: metadata.modified().ok(),
    };
    Ok((file, snapshot))
}

fn source_error(path: &Path, source: io::Error) -> SendError {
    SendError::Source {
        path: path.to_owned(),
        source,
    }
}

/// Progress is reported this often.
const HASH_STEP_BYTES: u64 = 8 << 20;

/// What is read from the disk at a time, and held twice.
const CHUNK_BYTES: usize = 256 << 10;
