//! Inbound streams in a queue, for those who would rather wait for them than be called.

use std::{
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use sinew_transport::{Protocol, Stream, StreamCode};
use tokio::sync::mpsc;

use crate::{
    hub::Hub,
    registry::{Handler, HandlerId},
};

/// The inbound streams of one protocol. Dropping it stops serving the protocol; streams that wait are reset.
#[derive(Debug)]
pub struct Incoming {
    streams: mpsc::Receiver<Stream>,
    protocol: Protocol,
    /// Not the handler, which holds the other end of the queue.
    handler: HandlerId,
    hub: Weak<Hub>,
}

impl Incoming {
    /// Serves `protocol` with a queue of `capacity` streams, at least one.
    pub(crate) fn open(hub: &Arc<Hub>, protocol: Protocol, capacity: usize) -> Self {
        let (sender, streams) = mpsc::channel(capacity.max(1));
        let handler = Handler::new(move |stream| {
            if let Err(error) = sender.try_send(stream) {
                let mut stream = error.into_inner();
                stream.reset(StreamCode::RESOURCE_LIMIT_EXCEEDED);
            }
            std::future::ready(())
        });
        let id = handler.id();
        hub.serve(protocol.clone(), handler);
        Self {
            streams,
            protocol,
            handler: id,
            hub: Arc::downgrade(hub),
        }
    }

    /// Returns the protocol.
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// Waits for the next stream; `None` when something else serves the protocol. Cancel-safe.
    pub async fn next(&mut self) -> Option<Stream> {
        self.streams.recv().await
    }

    /// Polls for the next stream. See [`next`](Self::next).
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Stream>> {
        self.streams.poll_recv(cx)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.stop_serving(self.protocol.as_str(), Some(&self.handler));
        }
    }
}
