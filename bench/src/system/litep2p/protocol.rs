//! The application's protocol, as litep2p runs it: one task that is told of connections and substreams.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, anyhow};
use futures::StreamExt as _;
use litep2p::PeerId;
use litep2p::codec::ProtocolCodec;
use litep2p::protocol::{Direction, TransportEvent, TransportService, UserProtocol};
use litep2p::substream::Substream;
use litep2p::types::SubstreamId;
use litep2p::types::protocol::ProtocolName;
use tokio::sync::{mpsc, oneshot};

use super::Stream;
use crate::{Api, work};

pub(super) enum Command {
    AwaitConnection(PeerId, oneshot::Sender<()>),
    Open(PeerId, oneshot::Sender<Result<Substream>>),
    Close(PeerId, oneshot::Sender<()>),
}

pub(super) struct Protocol {
    commands: mpsc::Receiver<Command>,
    api: Api,
    connected: HashSet<PeerId>,
    awaiting: HashMap<PeerId, oneshot::Sender<()>>,
    closing: HashMap<PeerId, oneshot::Sender<()>>,
    opening: HashMap<SubstreamId, oneshot::Sender<Result<Substream>>>,
}

impl Protocol {
    pub(super) fn new(commands: mpsc::Receiver<Command>, api: Api) -> Self {
        Self {
            commands,
            api,
            connected: HashSet::new(),
            awaiting: HashMap::new(),
            closing: HashMap::new(),
            opening: HashMap::new(),
        }
    }

    fn on_command(&mut self, command: Command, service: &mut TransportService) {
        match command {
            Command::AwaitConnection(peer, reply) => {
                if self.connected.contains(&peer) {
                    let _ = reply.send(());
                } else {
                    self.awaiting.insert(peer, reply);
                }
            }
            Command::Open(peer, reply) => match service.open_substream(peer) {
                Ok(id) => drop(self.opening.insert(id, reply)),
                Err(error) => drop(reply.send(Err(anyhow!("{error:?}")))),
            },
            Command::Close(peer, reply) => {
                if service.force_close(peer).is_ok() {
                    self.closing.insert(peer, reply);
                }
            }
        }
    }

    fn on_event(&mut self, event: TransportEvent) {
        match event {
            TransportEvent::ConnectionEstablished { peer, .. } => {
                self.connected.insert(peer);
                if let Some(reply) = self.awaiting.remove(&peer) {
                    let _ = reply.send(());
                }
            }
            TransportEvent::ConnectionClosed { peer } => {
                self.connected.remove(&peer);
                if let Some(reply) = self.closing.remove(&peer) {
                    let _ = reply.send(());
                }
            }
            TransportEvent::SubstreamOpened {
                direction,
                substream,
                ..
            } => match direction {
                Direction::Inbound => {
                    tokio::spawn(work::serve(Stream(substream), self.api));
                }
                Direction::Outbound(id) => {
                    if let Some(reply) = self.opening.remove(&id) {
                        let _ = reply.send(Ok(substream));
                    }
                }
            },
            TransportEvent::SubstreamOpenFailure { substream, error } => {
                if let Some(reply) = self.opening.remove(&substream) {
                    let _ = reply.send(Err(anyhow!("{error:?}")));
                }
            }
            TransportEvent::DialFailure { .. } => {}
        }
    }
}

#[async_trait::async_trait]
impl UserProtocol for Protocol {
    fn protocol(&self) -> ProtocolName {
        ProtocolName::from(work::PROTOCOL)
    }

    fn codec(&self) -> ProtocolCodec {
        ProtocolCodec::Unspecified
    }

    async fn run(mut self: Box<Self>, mut service: TransportService) -> litep2p::Result<()> {
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    None => return Ok(()),
                    Some(command) => self.on_command(command, &mut service),
                },
                event = service.next() => match event {
                    None => return Ok(()),
                    Some(event) => self.on_event(event),
                },
            }
        }
    }
}
