//! Two hosts with a connection between them.

use sinew_identity::Keypair;
use sinew_perf::{Config, PROTOCOL, Responder};
use sinew_runtime::Runtime;
use sinew_transport::{ReadError, Stream, StreamCode, memory::MemoryPair};
use tokio::task::JoinHandle;

/// Connects the host with this number to the one that serves.
pub(crate) fn pair_of(dialer: u8) -> MemoryPair {
    let [dialer, listener] =
        [dialer, 99].map(|secret| Keypair::ed25519_from_secret([secret; 32]).peer_id());
    MemoryPair::new(&Runtime::tokio(), dialer, listener)
}

pub(crate) fn pair() -> MemoryPair {
    pair_of(1)
}

/// Returns the client's and the server's end of a stream that speaks perf.
pub(crate) async fn streams() -> (Stream, Stream) {
    streams_of(&pair()).await
}

pub(crate) async fn streams_of(pair: &MemoryPair) -> (Stream, Stream) {
    pair.stream(PROTOCOL).await.expect("the connection is open")
}

pub(crate) fn responder(config: Config) -> Responder {
    Responder::new(&Runtime::tokio(), config)
}

/// Serves a stream in a task of its own.
pub(crate) fn serving(
    responder: &Responder,
    stream: Stream,
) -> JoinHandle<Result<sinew_perf::Served, sinew_perf::ServeError>> {
    let responder = responder.clone();
    tokio::spawn(async move { responder.serve(stream).await })
}

/// Returns `count` streams that are being served.
pub(crate) async fn served_streams(responder: &Responder, count: usize) -> Vec<Stream> {
    let pair = pair();
    let mut all = Vec::new();
    for _ in 0..count {
        let (ours, theirs) = streams_of(&pair).await;
        serving(responder, theirs);
        all.push(ours);
    }
    all
}

/// The code with which the peer reset the stream.
pub(crate) fn reset_code<T>(result: Result<T, ReadError>) -> Option<StreamCode> {
    match result {
        Err(ReadError::Reset(code)) => Some(code),
        _ => None,
    }
}
