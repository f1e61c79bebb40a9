//! Two hosts with a connection between them.

use sinew_echo::PROTOCOL;
use sinew_identity::Keypair;
use sinew_runtime::Runtime;
use sinew_transport::{Stream, memory::MemoryPair};

pub(crate) fn pair() -> MemoryPair {
    let [dialer, listener] =
        [1, 2].map(|secret| Keypair::ed25519_from_secret([secret; 32]).peer_id());
    MemoryPair::new(&Runtime::tokio(), dialer, listener)
}

/// Returns the dialer's and the listener's end of a stream that speaks echo.
pub(crate) async fn streams() -> (Stream, Stream) {
    streams_of(&pair()).await
}

pub(crate) async fn streams_of(pair: &MemoryPair) -> (Stream, Stream) {
    pair.stream(PROTOCOL).await.expect("the connection is open")
}
