//! The side that answers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sinew_identity::PeerId;
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};

use crate::{Config, PAYLOAD_LEN};

/// Answers the pings of all peers. Clones share the limits.
#[derive(Clone, Debug)]
pub struct Responder {
    config: Config,
    /// How many streams of each peer are being served; no entry is zero.
    streams: Arc<Mutex<BTreeMap<PeerId, usize>>>,
}

/// Why a stream of pings ended in disorder. It has been reset.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The peer has more streams for pings open than it may.
    #[error("the peer has more than {limit} streams for pings")]
    TooManyStreams {
        /// [`Config::max_streams_per_peer`].
        limit: usize,
    },
    /// The peer ended the stream in the middle of a ping.
    #[error("the stream ended after {got} bytes of a ping")]
    Truncated {
        /// How many bytes of the last ping came.
        got: usize,
    },
    /// The next ping could not be read.
    #[error("the next ping could not be read")]
    Read(#[from] ReadError),
    /// The answer could not be sent.
    #[error("the answer could not be sent")]
    Write(#[from] WriteError),
}

impl Responder {
    /// Starts without streams.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            streams: Arc::default(),
        }
    }

    /// Answers pings on `stream` until the peer ends it, and returns how many there were.
    ///
    /// Holds at most one ping in memory: a peer that does not read its answers is not read from either.
    ///
    /// # Errors
    ///
    /// The peer broke a rule or reset the stream, or the connection is over. None of this is unusual.
    pub async fn serve(&self, mut stream: Stream) -> Result<u64, ServeError> {
        let Some(_permit) = self.admit(stream.peer()) else {
            stream.reset(StreamCode::RESOURCE_LIMIT_EXCEEDED);
            let limit = self.config.max_streams_per_peer;
            return Err(ServeError::TooManyStreams { limit });
        };
        let mut served = 0;
        let mut payload = [0; PAYLOAD_LEN];
        // [ping §Protocol] The listener loops until the dialer closes its side, then closes its own.
        loop {
            match read_ping(&mut stream, &mut payload).await? {
                PAYLOAD_LEN => stream.write_all(&payload).await?,
                0 => break,
                got => {
                    stream.reset(StreamCode::PROTOCOL_VIOLATION);
                    return Err(ServeError::Truncated { got });
                }
            }
            served += 1;
        }
        match stream.finish() {
            // go-libp2p stops reading when it has its last answer.
            Ok(()) | Err(WriteError::Stopped(_)) => Ok(served),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns how many streams are being served.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        lock(&self.streams).values().sum()
    }

    fn admit(&self, peer: PeerId) -> Option<Permit> {
        let mut streams = lock(&self.streams);
        let count = streams.get(&peer).copied().unwrap_or_default();
        // [ping §Protocol] The listener accepts at most two streams per peer.
        if count >= self.config.max_streams_per_peer {
            return None;
        }
        streams.insert(peer, count + 1);
        Some(Permit {
            peer,
            streams: self.streams.clone(),
        })
    }
}

impl Default for Responder {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

/// Fills `payload` and returns how many bytes came before the end, if there was one.
async fn read_ping(
    stream: &mut Stream,
    payload: &mut [u8; PAYLOAD_LEN],
) -> Result<usize, ReadError> {
    let mut got = 0;
    while let Some(rest) = payload.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest).await {
            Ok(0) => break,
            Ok(len) => got += len,
            // Some peers reset a stream that they are done with.
            Err(ReadError::Reset(StreamCode::NO_ERROR)) if got == 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// One stream of one peer, given back when it is dropped.
#[derive(Debug)]
struct Permit {
    peer: PeerId,
    streams: Arc<Mutex<BTreeMap<PeerId, usize>>>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut streams = lock(&self.streams);
        match streams.get_mut(&self.peer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(streams.remove(&self.peer)),
        }
    }
}

/// Each change of the map is complete in itself, so a panic elsewhere harms nothing.
fn lock(streams: &Mutex<BTreeMap<PeerId, usize>>) -> MutexGuard<'_, BTreeMap<PeerId, usize>> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}
