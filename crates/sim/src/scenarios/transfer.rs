//! Much data in one direction, checked byte by byte, and when it arrived.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sinew::{Host, PeerId, Runtime, Stream};

use super::{Error, pattern};

/// How much had arrived when, on all streams. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace(Arc<Mutex<Vec<(Instant, u64)>>>);

/// The traces of a host that takes whatever comes, by sender. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Traces(Arc<Mutex<BTreeMap<PeerId, Trace>>>);

/// A silence in a transfer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall {
    from: Instant,
    pub(super) length: Duration,
}

impl Trace {
    fn note(&self, at: Instant, len: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.last().map_or(0, |(_, total)| *total);
        all.push((at, before + len));
    }

    /// Returns how many bytes have arrived.
    pub(super) fn arrived(&self) -> u64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.last().map_or(0, |(_, total)| *total)
    }

    /// Returns when `bytes` had arrived, if they have.
    pub(super) fn time_of(&self, bytes: u64) -> Option<Instant> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = all.partition_point(|(_, total)| *total < bytes);
        all.get(first).map(|(at, _)| *at)
    }

    /// Returns the longest time in which nothing arrived, of those that were not over at `time`.
    pub(super) fn longest_stall_since(&self, time: Instant) -> Option<Stall> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stalls = all.iter().zip(all.iter().skip(1)).map(|(one, next)| Stall {
            from: one.0,
            length: next.0.duration_since(one.0),
        });
        let since = stalls.filter(|stall| stall.from + stall.length > time);
        // The first of those that are equally long.
        since.reduce(|longest, stall| {
            if stall.length > longest.length {
                stall
            } else {
                longest
            }
        })
    }
}

impl Traces {
    /// Returns the trace of what a peer sends.
    pub(super) fn of(&self, peer: PeerId) -> Trace {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(peer).or_default().clone()
    }
}

/// Has a host take whatever comes, and send whatever is asked for.
pub(super) fn serve(host: &Host) -> Traces {
    let traces = Traces::default();
    let (runtime, noted) = (host.runtime().clone(), traces.clone());
    host.serve(SINK, move |stream| {
        let trace = noted.of(stream.peer());
        let runtime = runtime.clone();
        async move {
            // The sender notices that it got no answer.
            take(stream, runtime, trace).await.ok();
        }
    });
    host.serve(SOURCE, |mut stream: Stream| async move {
        let mut len = [0; 8];
        if stream.read_exact(&mut len).await.is_ok() {
            // The receiver notices that something is missing.
            give(&mut stream, u64::from_be_bytes(len)).await.ok();
        }
    });
    traces
}

/// Sends `len` bytes, and returns when the peer has said that all of them arrived.
pub(super) async fn upload(host: &Host, peer: PeerId, len: u64) -> Result<(), Error> {
    let mut stream = host.open_stream(peer, SINK).await?;
    give(&mut stream, len).await?;
    let mut answer = Vec::new();
    while let Some(bytes) = stream.read_bytes().await? {
        answer.extend_from_slice(&bytes);
    }
    let answer = <[u8; 8]>::try_from(answer).map_err(|_| Error::Missing("an answer"))?;
    expect(len, u64::from_be_bytes(answer))
}

/// Asks for `len` bytes, and returns when they are there.
pub(super) async fn download(
    host: &Host,
    peer: PeerId,
    len: u64,
    trace: &Trace,
) -> Result<(), Error> {
    let mut stream = host.open_stream(peer, SOURCE).await?;
    stream.write_all(&len.to_be_bytes()).await?;
    stream.finish()?;
    expect(len, read(&mut stream, host.runtime(), trace).await?)
}

async fn take(mut stream: Stream, runtime: Runtime, trace: Trace) -> Result<(), Error> {
    let total = read(&mut stream, &runtime, &trace).await?;
    stream.write_all(&total.to_be_bytes()).await?;
    Ok(stream.finish()?)
}

async fn give(stream: &mut Stream, len: u64) -> Result<(), Error> {
    let mut at = 0;
    while at < len {
        let bytes = pattern::bytes(at, len - at);
        at += bytes.len() as u64;
        stream.write_bytes(bytes).await?;
    }
    Ok(stream.finish()?)
}

async fn read(stream: &mut Stream, runtime: &Runtime, trace: &Trace) -> Result<u64, Error> {
    let mut total = 0;
    while let Some(bytes) = stream.read_bytes().await? {
        pattern::check(total, &bytes)?;
        total += bytes.len() as u64;
        trace.note(runtime.now(), bytes.len() as u64);
    }
    Ok(total)
}

fn expect(sent: u64, arrived: u64) -> Result<(), Error> {
    if sent == arrived {
        Ok(())
    } else {
        Err(Error::WrongLength { sent, arrived })
    }
}

const SINK: &str = "/sim/sink/1";
const SOURCE: &str = "/sim/source/1";
