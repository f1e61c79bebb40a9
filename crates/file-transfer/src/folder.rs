//! The folder of a receiver, and where in it a name leads. All of it blocks.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use crate::{
    SafeName,
    disk::{self, Hash},
    name::PARTIAL_FOLDER,
};

/// A receive folder that belongs to one receiver.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    partials: PathBuf,
    /// Held while partial files are counted and made.
    making: Mutex<()>,
    /// Locked as long as it is open.
    _lock: File,
}

/// What a name leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing.
    Free,
    /// A plain file.
    File(PathBuf),
    /// Anything else, or the way to it is blocked.
    Obstructed,
}

/// What became of a file that was to get its name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// It has it.
    At(PathBuf),
    /// Another has it.
    Taken,
    /// The way to it is blocked.
    Obstructed,
}

/// Why a folder cannot be received into.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The operating system would not make, open or lock it.
    #[error("cannot use {}", path.display())]
    Io {
        /// What was tried.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A link or a file is where a folder should be.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// What is in the way.
        path: PathBuf,
    },
    /// Another receiver has it.
    #[error("another receiver uses {}", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

impl Folder {
    /// Makes the folder if it is missing, and takes hold of it.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Io { path, source }
        };
        fs::create_dir_all(path).map_err(failed(path))?;
        let root = fs::canonicalize(path).map_err(failed(path))?;
        let partials = root.join(PARTIAL_FOLDER);
        match make_private_folder(&partials) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&partials)(error)),
        }
        let metadata = fs::symlink_metadata(&partials).map_err(failed(&partials))?;
        if !metadata.is_dir() {
            return Err(FolderError::NotAFolder { path: partials });
        }

        let lock_path = partials.join("lock");
        let lock = open_or_make(&lock_path).map_err(failed(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse { path: root }),
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(failed(&lock_path)(error)),
        }
        Ok(Self {
            root,
            partials,
            making: Mutex::new(()),
            _lock: lock,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Looks at what a name leads to, following no link.
    pub(crate) fn look_up(&self, name: &SafeName) -> io::Result<Place> {
        let mut path = self.root.clone();
        for folder in name.folders() {
            path.push(folder);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return Ok(Place::Obstructed),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::Free),
                Err(error) => return Err(error),
            }
        }
        path.push(name.file());
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(Place::File(path)),
            Ok(_) => Ok(Place::Obstructed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Place::Free),
            Err(error) => Err(error),
        }
    }

    /// Gives the partial file of `hash` its name, in one step and never that of another file.
    pub(crate) fn place(&self, hash: &Hash, name: &SafeName) -> io::Result<Placed> {
        let mut tries = PLACE_TRIES;
        loop {
            tries -= 1;
            match self.try_place(hash, name) {
                // Another transfer removed the folder that it had made and this one had found.
                Err(error) if error.kind() == io::ErrorKind::NotFound && tries > 0 => {}
                outcome => return outcome,
            }
        }
    }

    fn try_place(&self, hash: &Hash, name: &SafeName) -> io::Result<Placed> {
        let mut made = Vec::new();
        let placed = self.place_with(hash, name, &mut made);
        if !matches!(placed, Ok(Placed::At(_))) {
            for folder in made.iter().rev() {
                // Someone may have put something there meanwhile; then it stays.
                fs::remove_dir(folder).ok();
            }
        }
        placed
    }

    fn place_with(
        &self,
        hash: &Hash,
        name: &SafeName,
        made: &mut Vec<PathBuf>,
    ) -> io::Result<Placed> {
        let mut path = self.root.clone();
        for folder in name.folders() {
            path.push(folder);
            match fs::create_dir(&path) {
                Ok(()) => made.push(path.clone()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if !fs::symlink_metadata(&path)?.is_dir() {
                        return Ok(Placed::Obstructed);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let parent = path.clone();
        path.push(name.file());
        if !move_without_overwriting(&self.partial_path(hash), &path)? {
            return Ok(Placed::Taken);
        }
        sync_folder(&parent);
        Ok(Placed::At(path))
    }

    /// Opens the partial file of `hash`, or makes it. The second value is its length.
    ///
    /// When there are `limit` partial files, the oldest one that is not `in_use` makes room; `None` when
    /// there is none to give up.
    pub(crate) fn open_partial(
        &self,
        hash: &Hash,
        limit: usize,
        in_use: impl Fn(&Hash) -> bool,
    ) -> io::Result<Option<(File, u64)>> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.partial_path(hash);
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        match disk::open_unlinked_file(&path, &options) {
            Ok(file) if !has_another_name(&file)? => {
                let len = file.metadata()?.len();
                return Ok(Some((file, len)));
            }
            // A crash between the two steps of giving it its name: writing to it would change a file
            // that is complete.
            Ok(_) => fs::remove_file(&path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if !self.make_room(limit, in_use)? {
            return Ok(None);
        }
        options.create_new(true);
        Ok(Some((make_private(&mut options).open(&path)?, 0)))
    }

    pub(crate) fn remove_partial(&self, hash: &Hash) -> io::Result<()> {
        fs::remove_file(self.partial_path(hash))
    }

    fn make_room(&self, limit: usize, in_use: impl Fn(&Hash) -> bool) -> io::Result<bool> {
        let mut count = 0;
        let mut oldest: Option<(SystemTime, PathBuf)> = None;
        for entry in fs::read_dir(&self.partials)? {
            let entry = entry?;
            let Some(hash) = entry.file_name().to_str().and_then(hash_from_hex) else {
                continue;
            };
            count += 1;
            if in_use(&hash) {
                continue;
            }
            let modified = match entry.metadata() {
                Ok(metadata) => metadata.modified()?,
                // It was given its name meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if oldest.as_ref().is_none_or(|(time, _)| modified < *time) {
                oldest = Some((modified, entry.path()));
            }
        }
        if count < limit {
            return Ok(true);
        }
        let Some((_, path)) = oldest else {
            return Ok(false);
        };
        fs::remove_file(path)?;
        Ok(true)
    }

    fn partial_path(&self, hash: &Hash) -> PathBuf {
        self.partials.join(hex(hash))
    }
}

/// Moves a file; `false` when something has the name `to`.
fn move_without_overwriting(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::hard_link(from, to) {
        Ok(()) => {
            fs::remove_file(from)?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // File systems without hard links. Only a program on this machine could come between the look
        // and the step.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
            ) =>
        {
            match fs::symlink_metadata(to) {
                Ok(_) => Ok(false),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fs::rename(from, to).map(|()| true)
                }
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

fn open_or_make(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match disk::open_unlinked_file(path, &options) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        outcome => return outcome,
    }
    options.create_new(true);
    match make_private(&mut options).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            disk::open_unlinked_file(path, options.create_new(false))
        }
        outcome => outcome,
    }
}

#[cfg(unix)]
fn make_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().create(path)
}

/// The name that a file is made under is private to the receiver's user; so is the file, then, because its
/// mode stays when it gets its name. Received files are nobody else's business until their owner says so.
#[cfg(unix)]
fn make_private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    options.mode(0o600)
}

#[cfg(not(unix))]
fn make_private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn has_another_name(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    Ok(file.metadata()?.nlink() > 1)
}

#[cfg(not(unix))]
fn has_another_name(_file: &File) -> io::Result<bool> {
    // std cannot tell. Content that is complete is never written to, so only damage is not noticed here.
    Ok(false)
}

/// Makes a new name survive a power failure, where folders can be synced.
fn sync_folder(path: &Path) {
    if cfg!(unix)
        && let Err(error) = File::open(path).and_then(|folder| folder.sync_all())
    {
        tracing::debug!(%error, "folder not synced");
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash_from_hex(text: &str) -> Option<Hash> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let mut hash = [0; 32];
    if pairs.len() != hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

const PLACE_TRIES: u32 = 3;

#[cfg(test)]
mod tests;
