//! A file that is being received. All of it blocks, but for claiming.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use ring::digest;

use crate::{
    Refusal, SafeName,
    disk::{self, Hash},
    folder::{Folder, Place, Placed},
};

/// The contents that are being received, so that each is received once at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims(Arc<Mutex<BTreeSet<Hash>>>);

/// The right to receive one content.
#[derive(Debug)]
pub(crate) struct Claim {
    claims: Claims,
    hash: Hash,
}

/// Bytes that a receiver still takes.
#[derive(Clone, Debug)]
pub(crate) struct Allowance(Arc<AtomicU64>);

/// Bytes set aside for one transfer; those that did not come are given back.
#[derive(Debug)]
struct SetAside {
    allowance: Allowance,
    bytes: u64,
}

/// What is found when a file is offered.
#[derive(Debug)]
pub(crate) enum Found {
    /// The content is there, under its name.
    Have(PathBuf),
    /// It is wanted; this is the part of it that is there.
    Wanted(Box<Partial>),
    /// It is not.
    Refused(Refusal),
}

/// What became of a content that arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Completed {
    /// It is in its place.
    Placed(PathBuf),
    /// It was in its place when it arrived.
    Have(PathBuf),
    /// It is not kept.
    Refused(Refusal),
}

/// The part of a content that is there.
#[derive(Debug)]
pub(crate) struct Partial {
    folder: Arc<Folder>,
    claim: Claim,
    set_aside: SetAside,
    file: File,
    hasher: HashState,
    len: u64,
    resumed_from: u64,
}

struct HashState(digest::Context);

impl Partial {
    /// Looks at what is there of the content that `claim` is for, and reads it.
    pub(crate) fn find(
        folder: Arc<Folder>,
        claim: Claim,
        allowance: &Allowance,
        name: &SafeName,
        size: u64,
        max_partials: usize,
    ) -> io::Result<Found> {
        match folder.look_up(name)? {
            Place::Free => {}
            Place::Obstructed => return Ok(Found::Refused(Refusal::Obstructed)),
            Place::File(path) => {
                return Ok(if is_same(&path, &claim.hash, size)? {
                    Found::Have(path)
                } else {
                    Found::Refused(Refusal::NameTaken)
                });
            }
        }
        let in_use = |hash: &Hash| claim.claims.has(hash);
        let Some((file, len)) = folder.open_partial(&claim.hash, max_partials, in_use)? else {
            return Ok(Found::Refused(Refusal::Busy));
        };
        let mut partial = Box::new(Self {
            folder,
            set_aside: SetAside {
                allowance: allowance.clone(),
                bytes: 0,
            },
            claim,
            file,
            hasher: HashState(disk::new_hasher()),
            len,
            resumed_from: 0,
        });
        if len > size {
            partial.start_over()?;
        } else {
            partial.hash_what_is_there(size)?;
        }
        if !partial.set_aside.take(size.saturating_sub(partial.len)) {
            return Ok(Found::Refused(Refusal::TooLarge));
        }
        Ok(Found::Wanted(partial))
    }

    /// Returns how much of the content is there.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Appends what came next.
    pub(crate) fn append(&mut self, chunks: &[Bytes]) -> io::Result<()> {
        for chunk in chunks {
            self.file.write_all(chunk)?;
            self.hasher.0.update(chunk);
            let len = chunk.len() as u64;
            self.len += len;
            self.set_aside.bytes = self.set_aside.bytes.saturating_sub(len);
        }
        Ok(())
    }

    /// Verifies the content and gives it its name; leaves nothing behind if that cannot be.
    pub(crate) fn complete(mut self, name: &SafeName) -> io::Result<Completed> {
        let size = self.len;
        if self.hasher.hash() != self.claim.hash {
            let refusal = if self.resumed_from > 0 {
                Refusal::ResumedMismatch
            } else {
                Refusal::HashMismatch
            };
            self.discard()?;
            return Ok(Completed::Refused(refusal));
        }
        self.file.sync_all()?;
        match self.folder.place(&self.claim.hash, name)? {
            Placed::At(path) => Ok(Completed::Placed(path)),
            Placed::Obstructed => {
                self.discard()?;
                Ok(Completed::Refused(Refusal::Obstructed))
            }
            // Someone was faster.
            Placed::Taken => {
                let completed = match self.folder.look_up(name)? {
                    Place::File(path) if is_same(&path, &self.claim.hash, size)? => {
                        Completed::Have(path)
                    }
                    Place::File(_) => Completed::Refused(Refusal::NameTaken),
                    Place::Free | Place::Obstructed => Completed::Refused(Refusal::Obstructed),
                };
                self.discard()?;
                Ok(completed)
            }
        }
    }

    fn hash_what_is_there(&mut self, size: u64) -> io::Result<()> {
        self.len = disk::hash_rest(&mut self.file, &mut self.hasher.0)?;
        self.resumed_from = self.len;
        // All of it is there, and it is wrong: nothing that may come could make it right.
        let is_wrong = self.len >= size && self.hasher.hash() != self.claim.hash;
        if is_wrong { self.start_over() } else { Ok(()) }
    }

    fn start_over(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.hasher = HashState(disk::new_hasher());
        self.len = 0;
        self.resumed_from = 0;
        Ok(())
    }

    fn discard(&mut self) -> io::Result<()> {
        self.len = 0;
        self.folder.remove_partial(&self.claim.hash)
    }
}

impl Claims {
    pub(crate) fn claim(&self, hash: Hash) -> Option<Claim> {
        self.lock().insert(hash).then(|| Claim {
            claims: self.clone(),
            hash,
        })
    }

    fn has(&self, hash: &Hash) -> bool {
        self.lock().contains(hash)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Hash>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Allowance {
    pub(crate) fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }
}

impl SetAside {
    fn take(&mut self, bytes: u64) -> bool {
        let taken = self
            .allowance
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .is_ok();
        if taken {
            self.bytes = bytes;
        }
        taken
    }
}

impl HashState {
    fn hash(&self) -> Hash {
        disk::finish_hash(self.0.clone())
    }
}

/// Says whether a file has this size and hash.
fn is_same(path: &std::path::Path, hash: &Hash, size: u64) -> io::Result<bool> {
    let mut file = disk::open_unlinked_file(path, OpenOptions::new().read(true))?;
    if file.metadata()?.len() != size {
        return Ok(false);
    }
    let mut hasher = disk::new_hasher();
    disk::hash_rest(&mut file, &mut hasher)?;
    Ok(disk::finish_hash(hasher) == *hash)
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.lock().remove(&self.hash);
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        self.allowance.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What is there is kept for the next attempt; a file of nothing is not worth a place. It is gone
        // already after `discard`.
        if self.len == 0 {
            self.folder.remove_partial(&self.claim.hash).ok();
        }
    }
}

impl std::fmt::Debug for HashState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HashState").finish_non_exhaustive()
    }
}
