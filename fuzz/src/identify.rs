//! What a peer says about itself.

use std::{
    collections::VecDeque,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use sinew_identify::{IdentifyError, Info, PROTOCOL, ask};
use sinew_identity::Keypair;
use sinew_transport::{
    ConnectionId, Direction, ReadError, Stream, StreamCode, StreamInfo, StreamIo, WriteError,
};

/// Reads `data` as a peer's answer, as a whole and in small pieces.
pub fn identify(data: &[u8]) {
    let whole = answer(data, data.len().max(1));
    let pieces = answer(data, 7);
    assert_eq!(
        format!("{whole:?}"),
        format!("{pieces:?}"),
        "how the input was cut made a difference"
    );
    let Ok(info) = whole else {
        return;
    };
    let peer = asked().peer_id();
    for address in info.dialable_addresses(peer) {
        assert!(address.is_dialable(), "{address}");
    }
    let _ = info.observed();
    let mut known = Info::default();
    known.update(info);
}

fn asked() -> Keypair {
    Keypair::ed25519_from_secret([2; 32])
}

/// # Panics
///
/// Panics when reading waits, although all is there.
fn answer(data: &[u8], piece: usize) -> Result<Info, IdentifyError> {
    let said = Said(data.chunks(piece).map(Bytes::copy_from_slice).collect());
    let info = StreamInfo {
        peer: asked().peer_id(),
        connection: ConnectionId(1),
        direction: Direction::Outbound,
        protocol: Some(PROTOCOL),
    };
    let mut asking = pin!(ask(Stream::new(Box::new(said), info)));
    match asking
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("it waits for more than there is"),
    }
}

/// A peer that has said everything, and listens to nothing.
struct Said(VecDeque<Bytes>);

impl StreamIo for Said {
    fn id(&self) -> u64 {
        0
    }

    fn poll_read(
        &mut self,
        _cx: &mut Context<'_>,
        _max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        out.extend(self.0.pop_front());
        Poll::Ready(Ok(self.0.is_empty()))
    }

    fn poll_write(
        &mut self,
        _cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        data.clear();
        Poll::Ready(Ok(()))
    }

    fn poll_write_slice(
        &mut self,
        _cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        Poll::Ready(Ok(data.len()))
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        Ok(())
    }

    fn poll_finished(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        Poll::Ready(Ok(()))
    }

    fn reset(&mut self, _code: StreamCode) {}

    fn stop(&mut self, _code: StreamCode) {}

    fn set_priority(&mut self, _priority: i32) {}
}
