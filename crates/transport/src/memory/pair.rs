//! Two ends of a connection without a network around them.

use std::sync::Arc;

use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_runtime::Runtime;

use super::connection::{End, pair};
use crate::{
    CloseReason, Connection, ConnectionId, Direction, Protocol, ReadError, Stream, StreamInfo,
    negotiate::{self, NegotiationError},
};

/// Two hosts with a connection between them, to test protocols with.
#[derive(Clone, Debug)]
pub struct MemoryPair {
    /// The end of the host that dialed.
    pub dialer: Arc<dyn Connection>,
    /// The end of the host that listened.
    pub listener: Arc<dyn Connection>,
}

impl MemoryPair {
    /// Connects two hosts of these identities; `runtime` runs the handlers of inbound streams.
    pub fn new(runtime: &Runtime, dialer: PeerId, listener: PeerId) -> Self {
        let end = |peer, port| End {
            peer,
            address: Address::memory(port),
        };
        let [dialer, listener] = pair(end(dialer, 0), end(listener, 1), runtime)
            .map(|connection| -> Arc<dyn Connection> { Arc::new(connection) });
        Self { dialer, listener }
    }

    /// Opens a stream from the dialer to the listener and has both agree on `protocol`; returns the dialer's
    /// end and the listener's.
    ///
    /// It takes the listener's next inbound stream, so it is not for a listener that has an acceptor.
    ///
    /// # Errors
    ///
    /// The connection is over.
    pub async fn stream(&self, protocol: Protocol) -> Result<(Stream, Stream), NegotiationError> {
        let config = negotiate::Config::default();
        let ours = self.dialer.open().await.map_err(over)?;
        let ours = Stream::new(ours, info(&self.dialer, Direction::Outbound));
        let ours = negotiate::dial(ours, [protocol.clone()], config).await?;
        let theirs = self.listener.accept().await.map_err(over)?;
        let theirs = Stream::new(theirs, info(&self.listener, Direction::Inbound));
        let theirs = negotiate::listen(theirs, [protocol], config).await?;
        Ok((ours, theirs))
    }
}

fn info(connection: &Arc<dyn Connection>, direction: Direction) -> StreamInfo {
    StreamInfo {
        peer: connection.peer(),
        connection: ConnectionId(1),
        direction,
        protocol: None,
    }
}

fn over(reason: CloseReason) -> NegotiationError {
    NegotiationError::Stream(Arc::new(ReadError::Closed(reason)))
}
