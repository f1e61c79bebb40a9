//! The last part of the demo: a generated file over parallel streams, checked by its hash.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use futures_util::future::try_join_all;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use sha2::{Digest as _, Sha256};
use sinew::{
    Host,
    file_transfer::{self, Outgoing, Receiver},
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::Steps;
use crate::{
    arguments::Demo,
    failure::{Failure, Fault, Kind},
    progress::{Bars, TransferBar},
    session::{Session, open_file},
    units::{Bytes, Rate, hex},
};

/// Generates a file in parts, sends each part over a stream of its own, and compares the whole.
pub(super) async fn run(
    arguments: &Demo,
    steps: &mut Steps<'_>,
    session: &Session,
    bob: &Host,
) -> Result<(), Failure> {
    let folder = TempDir::with_prefix("sinew-demo-").map_err(no_disk)?;
    let (bytes, streams) = (arguments.size, arguments.streams);
    let parts = part_paths(folder.path(), streams);
    let lens = part_lens(bytes, streams);
    let to_generate = parts.clone();
    let hash = on_disk(move || generate(&to_generate, &lens)).await?;
    let bars = &steps.context.bars;
    let opening = parts.iter().map(|part| open(part, bars));
    let parts = try_join_all(opening).await?;
    let size = Bytes(bytes);
    steps.done("file", format!("{size} generated, sha256 {}", short(&hash)))?;

    let inbox = folder.path().join("bob");
    let config = file_transfer::Config::default();
    let receiver = Receiver::open(bob.runtime(), &inbox, config, |_| {})
        .await
        .map_err(|error| Failure::file(&error))?;
    bob.serve(file_transfer::PROTOCOL, receiver.handler());
    let sending = parts.iter().map(|(part, bar)| session.send(part, bar));
    try_join_all(sending).await?;
    let time = steps.elapsed();
    let rate = Rate { bytes, time };
    let detail = format!("alice sent it to bob over {streams} streams, {rate}");
    steps.done("transfer", detail)?;

    let received = part_paths(&inbox, streams);
    let arrived = on_disk(move || hash_of(&received)).await?;
    if arrived != hash {
        let message = format!("bob has {}, alice sent {}", short(&arrived), short(&hash));
        return Err(Failure::new(Kind::Mismatch, Fault::Us, message));
    }
    drop(parts);
    // It holds the folder, and no longer has to.
    bob.stop_serving(file_transfer::PROTOCOL);
    drop(receiver);
    // What cannot be removed is left to the system, as other temporary files are.
    on_disk(move || Ok(folder.close().ok())).await?;
    let detail = format!("bob has the same, sha256 {}", short(&arrived));
    steps.done("check", detail)
}

/// Reads a part, so that it can be sent, and keeps its bar for that.
async fn open(part: &Path, bars: &Bars) -> Result<(Outgoing, TransferBar), Failure> {
    let name = part.file_name().unwrap_or_default();
    let bar = bars.add(name.to_string_lossy());
    Ok((open_file(part, &bar).await?, bar))
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let done = spawn_blocking(work).await.map_err(io::Error::other);
    done.flatten().map_err(no_disk)
}

fn part_paths(folder: &Path, parts: u16) -> Vec<PathBuf> {
    (1..=parts)
        .map(|part| folder.join(format!("demo.part{part}")))
        .collect()
}

/// Divides `size` so that no two parts differ by more than a byte.
fn part_lens(size: u64, parts: u16) -> Vec<u64> {
    let parts = u64::from(parts.max(1));
    (0..parts)
        .map(|part| size / parts + u64::from(part < size % parts))
        .collect()
}

/// Writes random bytes, and returns their hash.
fn generate(parts: &[PathBuf], lens: &[u64]) -> io::Result<Hash> {
    let mut rng = SmallRng::from_rng(&mut rand::rng());
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    for (path, len) in parts.iter().zip(lens) {
        let mut file = File::create_new(path)?;
        let mut left = *len;
        while left > 0 {
            let len = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
            let (chunk, _) = chunk.split_at_mut(len);
            rng.fill_bytes(chunk);
            hasher.update(&*chunk);
            file.write_all(chunk)?;
            left -= len as u64;
        }
    }
    Ok(hasher.finalize().into())
}

/// Returns the hash of all parts, one behind the other.
fn hash_of(parts: &[PathBuf]) -> io::Result<Hash> {
    let mut hasher = Sha256::new();
    for path in parts {
        io::copy(&mut File::open(path)?, &mut hasher)?;
    }
    Ok(hasher.finalize().into())
}

fn short(hash: &Hash) -> String {
    let (start, _) = hash.split_at(8);
    format!("{}…", hex(start))
}

fn no_disk(error: io::Error) -> Failure {
    Failure::local("cannot use the folder for temporary files", &error)
}

type Hash = [u8; 32];

const CHUNK_BYTES: usize = 256 << 10;
