//! What happens to a stream that a peer opened.

use std::sync::Arc;

use sinew_identity::PeerId;
use sinew_transport::{
    Acceptor, ConnectionId, Direction, Stream, StreamCode, StreamInfo, StreamIo, negotiate,
};
use tracing::debug;

use crate::{hub::Hub, ledger::Tally, live::Live, within::within};

/// Returns what the transport calls for each inbound stream of a connection.
///
/// Negotiation and handler are one future, which the transport polls in its own turn: no task and no channel
/// stands between a stream and its handler. It does not hold the connection, which holds it.
pub(crate) fn acceptor(hub: &Arc<Hub>, live: &Live) -> Acceptor {
    let origin = Arc::new(Origin {
        hub: hub.clone(),
        tally: live.tally.clone(),
        peer: live.peer,
        connection: live.id,
    });
    Acceptor::new(move |io| Box::pin(serve(origin.clone(), io)))
}

struct Origin {
    hub: Arc<Hub>,
    tally: Arc<Tally>,
    peer: PeerId,
    connection: ConnectionId,
}

async fn serve(origin: Arc<Origin>, io: Box<dyn StreamIo>) {
    let (hub, tally) = (&origin.hub, &origin.tally);
    if hub.is_closing() {
        return refuse(io, StreamCode::SHUTDOWN);
    }
    let slots = tally
        .stream(Direction::Inbound)
        .and_then(|slot| Ok((slot, tally.negotiation()?)));
    let (slot, negotiating) = match slots {
        Ok(slots) => slots,
        Err(exceeded) => {
            hub.limit_reached(exceeded);
            return refuse(io, StreamCode::RESOURCE_LIMIT_EXCEEDED);
        }
    };
    let info = StreamInfo {
        peer: origin.peer,
        connection: origin.connection,
        direction: Direction::Inbound,
        protocol: None,
    };
    let stream = Stream::new(hub.account(io, slot), info);
    let registry = hub.registry();
    let negotiation = negotiate::listen(stream, &registry.protocols, hub.config.negotiation);
    let agreed = within(&hub.runtime, hub.config.negotiation_timeout, negotiation).await;
    drop(negotiating);
    let (peer, connection) = (origin.peer, origin.connection);
    let mut stream = match agreed {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return debug!(%peer, %connection, %error, "no protocol agreed on"),
        Err(elapsed) => return debug!(%peer, %connection, %elapsed, "negotiation gave up"),
    };
    let served = stream.protocol().map(|protocol| tally.serve(protocol));
    let served = match served.transpose() {
        Ok(served) => served,
        Err(exceeded) => {
            hub.limit_reached(exceeded);
            return stream.reset(StreamCode::RESOURCE_LIMIT_EXCEEDED);
        }
    };
    let Some(serving) = registry.get(&stream).map(|it| it.serve(stream)) else {
        return;
    };
    // A handler may live as long as its connection; what it does not need goes first.
    drop(registry);
    drop(origin);
    serving.await;
    drop(served);
}

fn refuse(mut io: Box<dyn StreamIo>, code: StreamCode) {
    io.reset(code);
    io.stop(code);
}
