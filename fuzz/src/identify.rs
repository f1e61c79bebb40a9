//! What a peer says about itself.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use sinew_identify::{IdentifyError, Info, PROTOCOL, ask};
use sinew_identity::Keypair;
use sinew_transport::{ConnectionId, Direction, Stream, StreamInfo};

use crate::said::Said;

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
    let said = Said::new(data, piece);
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
