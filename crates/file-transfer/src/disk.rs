//! Opening files that must be files, and work that must not block the runtime.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    path::Path,
};

use ring::digest::{Context, SHA256};

/// The SHA-256 of a content.
pub(crate) type Hash = [u8; 32];

/// Runs `work` on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

/// Opens a plain file; a link at `path` is followed.
///
/// Opening a device can do things, and opening a pipe can block, so neither is tried.
pub(crate) fn open_file(path: &Path, options: &OpenOptions) -> io::Result<File> {
    must_be_file(&std::fs::metadata(path)?)?;
    let file = options.open(path)?;
    must_be_file(&file.metadata()?)?;
    Ok(file)
}

/// Opens a plain file that is no link.
pub(crate) fn open_unlinked_file(path: &Path, options: &OpenOptions) -> io::Result<File> {
    must_be_file(&std::fs::symlink_metadata(path)?)?;
    let file = without_following(options).open(path)?;
    must_be_file(&file.metadata()?)?;
    Ok(file)
}

/// Hashes what is left of `file`, and returns how many bytes that was.
pub(crate) fn hash_rest(file: &mut impl Read, hasher: &mut Context) -> io::Result<u64> {
    let mut buf = vec![0; HASH_BUFFER_BYTES];
    let mut total = 0;
    loop {
        let read = match file.read(&mut buf) {
            Ok(0) => return Ok(total),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(buf.get(..read).unwrap_or_default());
        total += read as u64;
    }
}

pub(crate) fn new_hasher() -> Context {
    Context::new(&SHA256)
}

pub(crate) fn finish_hash(hasher: Context) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(hasher.finish().as_ref());
    hash
}

fn must_be_file(metadata: &std::fs::Metadata) -> io::Result<()> {
    if metadata.is_file() {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a plain file",
        ))
    }
}

#[cfg(unix)]
fn without_following(options: &OpenOptions) -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = options.clone();
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options
}

#[cfg(windows)]
fn without_following(options: &OpenOptions) -> OpenOptions {
    use std::os::windows::fs::OpenOptionsExt;

    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let mut options = options.clone();
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    options
}

const HASH_BUFFER_BYTES: usize = 256 << 10;
