//! The least behaviour that hands streams of one protocol to the application.
//!
//! `libp2p-stream` would be shorter, but it opens one stream at a time and drops inbound streams that come in a
//! burst, so it cannot be measured with 64 in flight.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::task::{Context, Poll};

use anyhow::{Result, anyhow};
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::ConnectionEvent;
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
    NetworkBehaviour, NotifyHandler, SubstreamProtocol, ToSwarm,
};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol};
use tokio::sync::{mpsc, oneshot};

use crate::work;

const PROTOCOL: StreamProtocol = StreamProtocol::new(work::PROTOCOL);

pub(crate) type Reply = oneshot::Sender<Result<Stream>>;

/// Asks for a stream on a connection.
pub(super) struct OpenRequest {
    pub(super) peer: PeerId,
    pub(super) connection: ConnectionId,
    pub(super) reply: Reply,
}

/// The application's ends of the behaviour's channels.
pub(super) struct Handles {
    pub(super) open: mpsc::UnboundedSender<OpenRequest>,
    pub(super) inbound: mpsc::UnboundedReceiver<Stream>,
}

pub(crate) struct Behaviour {
    requests: mpsc::UnboundedReceiver<OpenRequest>,
    inbound: mpsc::UnboundedSender<Stream>,
}

pub(crate) struct Handler {
    inbound: mpsc::UnboundedSender<Stream>,
    wanted: VecDeque<Reply>,
}

impl Behaviour {
    pub(super) fn new() -> (Self, Handles) {
        let (open, requests) = mpsc::unbounded_channel();
        let (sender, inbound) = mpsc::unbounded_channel();
        let behaviour = Self {
            requests,
            inbound: sender,
        };
        (behaviour, Handles { open, inbound })
    }

    fn handler(&self) -> Handler {
        Handler {
            inbound: self.inbound.clone(),
            wanted: VecDeque::new(),
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<Handler, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Handler, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, never: Infallible) {
        match never {}
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Infallible, Reply>> {
        let Poll::Ready(Some(request)) = self.requests.poll_recv(cx) else {
            return Poll::Pending;
        };
        Poll::Ready(ToSwarm::NotifyHandler {
            peer_id: request.peer,
            handler: NotifyHandler::One(request.connection),
            event: request.reply,
        })
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Reply;
    type ToBehaviour = Infallible;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Reply;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, ()> {
        SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ())
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Reply, Infallible>> {
        match self.wanted.pop_front() {
            Some(reply) => Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), reply),
            }),
            None => Poll::Pending,
        }
    }

    fn on_behaviour_event(&mut self, reply: Reply) {
        self.wanted.push_back(reply);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol, (), Reply>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(negotiated) => {
                let _ = self.inbound.send(negotiated.protocol);
            }
            ConnectionEvent::FullyNegotiatedOutbound(negotiated) => {
                let _ = negotiated.info.send(Ok(negotiated.protocol));
            }
            ConnectionEvent::DialUpgradeError(failed) => {
                let _ = failed.info.send(Err(anyhow!("{}", failed.error)));
            }
            _ => {}
        }
    }
}
