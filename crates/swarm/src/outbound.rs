//! Opens streams.

use sinew_identity::PeerId;
use sinew_transport::{ConnectionId, Direction, Protocol, Stream, StreamInfo, negotiate};

use crate::{OpenStreamError, hub::Hub, live::Live, within::within};

impl Hub {
    /// Opens a stream on the newest connection of `peer`, and once more on the next one when that is over.
    pub(crate) async fn open_stream(
        &self,
        peer: PeerId,
        protocols: Vec<Protocol>,
    ) -> Result<Stream, OpenStreamError> {
        let newest = self
            .newest(peer, None)
            .ok_or(OpenStreamError::NotConnected { peer })?;
        let error = match self.open_stream_on(&newest, protocols.clone()).await {
            Err(error @ OpenStreamError::Closed(_)) => error,
            outcome => return outcome,
        };
        match self.newest(peer, Some(newest.id)) {
            Some(other) => self.open_stream_on(&other, protocols).await,
            None => Err(error),
        }
    }

    /// Opens a stream on one connection.
    pub(crate) async fn open_stream_by_id(
        &self,
        connection: ConnectionId,
        protocols: Vec<Protocol>,
    ) -> Result<Stream, OpenStreamError> {
        let live = self
            .get(connection)
            .ok_or(OpenStreamError::NoConnection { connection })?;
        self.open_stream_on(&live, protocols).await
    }

    async fn open_stream_on(
        &self,
        live: &Live,
        protocols: Vec<Protocol>,
    ) -> Result<Stream, OpenStreamError> {
        if self.is_closing() {
            return Err(OpenStreamError::ShuttingDown);
        }
        let slot = self.outbound_slot(live)?;
        let opening = async {
            let io = live
                .connection
                .open()
                .await
                .map_err(OpenStreamError::Closed)?;
            let info = StreamInfo {
                peer: live.peer,
                connection: live.id,
                direction: Direction::Outbound,
                protocol: None,
            };
            let stream = Stream::new(self.account(io, slot), info);
            let stream = negotiate::dial(stream, protocols, self.config.negotiation).await?;
            Ok(stream)
        };
        let after = self.config.open_timeout;
        match within(&self.runtime, after, opening).await {
            Ok(outcome) => outcome,
            Err(_) => Err(OpenStreamError::TimedOut { after }),
        }
    }
}
