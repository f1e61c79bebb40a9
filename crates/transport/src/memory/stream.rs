//! One end of a stream.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::{connection::Side, pipe::Pipe};
use crate::{CloseReason, ReadError, StreamCode, StreamIo, WriteError};

/// What both ends of a stream share.
#[derive(Debug)]
pub(super) struct Core {
    id: u64,
    /// From the opener to the other end, and back.
    pipes: [Pipe; 2],
    /// Given back when both ends are gone.
    _permit: OwnedSemaphorePermit,
}

/// One end.
#[derive(Debug)]
pub(super) struct MemoryStream {
    core: Arc<Core>,
    is_opener: bool,
    /// The other end, until the first bytes tell the peer of it.
    unannounced: Option<(Arc<Side>, Box<Self>)>,
}

impl Core {
    pub(super) fn new(id: u64, permit: OwnedSemaphorePermit) -> Self {
        Self {
            id,
            pipes: [Pipe::default(), Pipe::default()],
            _permit: permit,
        }
    }

    pub(super) fn close(&self, for_opener: &CloseReason, for_other: &CloseReason) {
        let [forth, back] = &self.pipes;
        forth.close(for_other.clone(), for_opener.clone());
        back.close(for_opener.clone(), for_other.clone());
    }
}

impl MemoryStream {
    /// Returns the end of the side that opens; `peer` gets the other one with the first bytes.
    pub(super) fn open(core: Arc<Core>, peer: Arc<Side>) -> Self {
        let other = Self {
            core: core.clone(),
            is_opener: false,
            unannounced: None,
        };
        Self {
            core,
            is_opener: true,
            unannounced: Some((peer, Box::new(other))),
        }
    }

    fn outgoing(&self) -> &Pipe {
        let [forth, back] = &self.core.pipes;
        if self.is_opener { forth } else { back }
    }

    fn incoming(&self) -> &Pipe {
        let [forth, back] = &self.core.pipes;
        if self.is_opener { back } else { forth }
    }

    fn announce(&mut self) {
        if let Some((peer, stream)) = self.unannounced.take() {
            peer.deliver(*stream);
        }
    }
}

impl StreamIo for MemoryStream {
    fn id(&self) -> u64 {
        self.core.id
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        self.incoming().poll_read(cx, max_bytes, out)
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        let outcome = ready!(self.outgoing().poll_write(cx, data));
        self.announce();
        Poll::Ready(outcome)
    }

    fn poll_write_slice(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        let front = data
            .get(..data.len().min(super::WINDOW_BYTES))
            .unwrap_or_default();
        let mut copy = Bytes::copy_from_slice(front);
        let len = copy.len();
        ready!(self.poll_write(cx, &mut copy))?;
        Poll::Ready(Ok(len - copy.len()))
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.outgoing().finish()?;
        self.announce();
        Ok(())
    }

    fn poll_finished(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        Poll::Ready(self.outgoing().finished())
    }

    fn reset(&mut self, code: StreamCode) {
        self.outgoing().reset(code);
        self.announce();
    }

    fn stop(&mut self, code: StreamCode) {
        self.incoming().stop(code);
    }

    fn set_priority(&mut self, _priority: i32) {}
}

impl Drop for MemoryStream {
    fn drop(&mut self) {
        if self.unannounced.take().is_some() {
            // The peer never heard of the stream.
            return;
        }
        if self.outgoing().is_open_for_writing() {
            self.outgoing().reset(StreamCode::NO_ERROR);
        }
        self.incoming().stop(StreamCode::NO_ERROR);
    }
}
