//! The two conversations.

use sinew_multiaddr::Address;
use sinew_transport::{Stream, StreamCode, WriteError};

use crate::{IdentifyError, Info, LocalInfo, message::Messages};

/// Answers a peer that asked on [`PROTOCOL`](crate::PROTOCOL): tells it about this host and where it is seen.
///
/// Returns when the peer's transport has acknowledged the answer. Letting go of the stream earlier would ask the
/// peer to stop sending, upon which py-libp2p throws the answer away.
///
/// # Errors
///
/// The stream failed before the peer had the answer.
pub async fn answer(
    mut stream: Stream,
    local: &LocalInfo,
    observed: Option<&Address>,
) -> Result<(), IdentifyError> {
    stream.write_bytes(local.encode(observed)).await?;
    match stream.finished().await {
        // The peer has what it wanted, and closed.
        Ok(()) | Err(WriteError::Stopped(StreamCode::NO_ERROR)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Asks a peer about itself on a stream that was opened for [`PROTOCOL`](crate::PROTOCOL).
///
/// Takes as long as the peer does; the caller sets a limit.
///
/// # Errors
///
/// The stream failed, the peer does not speak the protocol, or what it says breaks a rule.
pub async fn ask(stream: Stream) -> Result<Info, IdentifyError> {
    receive(stream).await
}

/// Tells a peer what changed, on a stream that was opened for [`PUSH_PROTOCOL`](crate::PUSH_PROTOCOL).
///
/// # Errors
///
/// As for [`answer`]; the peer may not speak the protocol.
pub async fn push(
    stream: Stream,
    local: &LocalInfo,
    observed: Option<&Address>,
) -> Result<(), IdentifyError> {
    answer(stream, local, observed).await
}

/// Receives what a peer pushes on [`PUSH_PROTOCOL`](crate::PUSH_PROTOCOL). What it does not mention did not
/// change: see [`Info::update`].
///
/// # Errors
///
/// As for [`ask`].
pub async fn receive_push(stream: Stream) -> Result<Info, IdentifyError> {
    receive(stream).await
}

async fn receive(mut stream: Stream) -> Result<Info, IdentifyError> {
    let outcome = read(&mut stream).await;
    match &outcome {
        // The peer may be gone with its last byte.
        Ok(_) => drop(stream.finish()),
        Err(IdentifyError::Violation(_)) => stream.reset(StreamCode::PROTOCOL_VIOLATION),
        Err(_) => {}
    }
    outcome
}

async fn read(stream: &mut Stream) -> Result<Info, IdentifyError> {
    let peer = stream.peer();
    let mut messages = Messages::new(stream);
    let mut info = Info::default();
    let first = messages.next().await?;
    info.merge(first.ok_or(IdentifyError::NoMessage)?, peer)?;
    while let Some(message) = messages.next().await? {
        info.merge(message, peer)?;
    }
    Ok(info)
}
