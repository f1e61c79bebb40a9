//! The last part of the demo: a generated file over parallel streams, checked by its hash.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use futures_util::future::try_join_all;
use indicatif::ProgressBar;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use sinew::{
    Address, Host,
    file_transfer::{self, Outgoing, Phase, Receiver, SendConfig, Sender},
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::Steps;
use crate::{
    arguments::Demo,
    explain,
    failure::{Failure, Fault, Kind},
    units::{Bytes, Rate},
};

/// Generates a file in parts, sends each part over a stream of its own, and compares the whole.
pub(super) async fn run(
    arguments: &Demo,
    steps: &mut Steps<'_>,
    alice: &Host,
    bob: &Host,
    address: &Address,
) -> Result<(), Failure> {
    let folder = TempDir::with_prefix("sinew-demo-").map_err(no_disk)?;
    let parts = part_paths(folder.path(), arguments.streams);
    let lens = part_lens(arguments.size, arguments.streams);
    let (generated, hash) = spawn_blocking({
        let parts = parts.clone();
        move || generate(&parts, &lens)
    })
    .await
    .map_err(|error| Failure::local("cannot generate a file", &error))?
    .map_err(no_disk)?;
    let outgoing = parts.iter().map(|part| Outgoing::open(part, |_| {}));
    let outgoing = try_join_all(outgoing)
        .await
        .map_err(|error| explain::send(&error, folder.path(), bob.peer_id(), address))?;
    steps.done(
        "file",
        format!("generated {}, sha256 {}", Bytes(generated), short(&hash)),
    )?;

    let inbox = folder.path().join("bob");
    let config = file_transfer::Config::default();
    let receiver = Receiver::open(bob.runtime(), &inbox, config, |_| {})
        .await
        .map_err(|error| Failure::file(&error))?;
    bob.serve(file_transfer::PROTOCOL, receiver.handler());

    let bar = steps.context.bars.add("alice to bob", generated);
    let sending = outgoing
        .iter()
        .map(|part| send(part, alice, bob, address, &bar));
    let sent = try_join_all(sending).await;
    bar.finish_and_clear();
    sent?;
    let time = steps.elapsed();
    let rate = Rate {
        bytes: generated,
        time,
    };
    let streams = arguments.streams;
    steps.done(
        "transfer",
        format!("alice sent it to bob over {streams} streams, {rate}"),
    )?;

    let received = part_paths(&inbox, arguments.streams);
    let arrived = spawn_blocking(move || hash_of(&received))
        .await
        .map_err(|error| Failure::local("cannot read what arrived", &error))?
        .map_err(no_disk)?;
    if arrived != hash {
        let message = format!("bob has {}, alice sent {}", short(&arrived), short(&hash));
        return Err(Failure::new(Kind::Mismatch, Fault::Us, message));
    }
    steps.done(
        "check",
        format!("what bob has is the same, sha256 {}", short(&arrived)),
    )
}

/// Sends one part.
async fn send(
    part: &Outgoing,
    alice: &Host,
    bob: &Host,
    address: &Address,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let peer = bob.peer_id();
    let stream = alice
        .open_stream(peer, file_transfer::PROTOCOL)
        .await
        .map_err(|error| explain::open_stream(&error, peer, address))?;
    let mut done = 0;
    Sender::new(alice.runtime(), SendConfig::default())
        .send(stream, part, |progress| {
            if progress.phase == Phase::Sending {
                bar.inc(progress.done.saturating_sub(done));
                done = progress.done;
            }
        })
        .await
        .map_err(|error| explain::send(&error, part.path(), peer, address))?;
    Ok(())
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

/// Writes random bytes, and returns how many and their hash.
fn generate(parts: &[PathBuf], lens: &[u64]) -> io::Result<(u64, Hash)> {
    let mut rng = rand::rng();
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
    Ok((lens.iter().sum(), hasher.finalize().into()))
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
    let digits = hash.iter().take(8).map(|byte| format!("{byte:02x}"));
    format!("{}…", digits.collect::<String>())
}

fn no_disk(error: io::Error) -> Failure {
    Failure::local("cannot use the folder for temporary files", &error)
}

type Hash = [u8; 32];

const CHUNK_BYTES: usize = 256 << 10;
