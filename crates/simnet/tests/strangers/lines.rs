//! What strangers say, and how far they come with it.

use std::{future::poll_fn, io, io::IoSlice, time::Duration};

use sinew_runtime::TcpStream;
use sinew_simnet::{Link, Node, World};
use sinew_tcp::{Fault, ProtocolError, ProtocolPhase};
use sinew_testkit::Seed;
use sinew_transport::{Cause, Phase};

/// There and back.
pub(crate) const RTT: Duration = Duration::from_millis(40);

/// What the set-up of a connection may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

pub(crate) const HEADER: &[u8] = b"\x13/multistream/1.0.0\n";

/// What a stranger says before it misbehaves, and in which phase the other side then is.
pub(crate) struct Lines {
    pub(crate) said: Vec<u8>,
    pub(crate) phase: ProtocolPhase,
}

impl Lines {
    /// Returns the phase in the words of the port.
    pub(crate) fn came_to(&self) -> Phase {
        if self.phase == ProtocolPhase::Negotiation {
            Phase::Negotiation
        } else {
            Phase::Handshake
        }
    }
}

/// Lines that each get a stranger a little further. The same ones do for both roles: a dialer offers what a
/// listener agrees to.
pub(crate) fn all() -> Vec<Lines> {
    let (negotiation, handshake) = (ProtocolPhase::Negotiation, ProtocolPhase::Handshake);
    let lines = |parts: &[&[u8]], phase| Lines {
        said: parts.concat(),
        phase,
    };
    vec![
        lines(&[], negotiation),
        lines(&[&HEADER[..7]], negotiation),
        lines(&[HEADER], negotiation),
        lines(&[HEADER, &TLS[..5]], negotiation),
        lines(&[HEADER, TLS], handshake),
        // The beginning of a record that is longer than what comes.
        lines(&[HEADER, TLS, &[22, 3, 1, 2, 0], &[1; 9]], handshake),
    ]
}

pub(crate) const TLS: &[u8] = b"\x0b/tls/1.0.0\n";

/// A world with a node for the stranger and one for its victim.
pub(crate) fn world() -> (World, Node, Node) {
    let world = World::new(Seed::new(1));
    world.set_default_link(Link::with_delay(RTT / 2));
    let (stranger, victim) = (world.node("stranger"), world.node("victim"));
    (world, stranger, victim)
}

/// Asserts that `cause` is the violation of a rule, in this phase and by the peer.
pub(crate) fn assert_violation(cause: &Cause, phase: ProtocolPhase) {
    let error: &ProtocolError = cause.find().unwrap_or_else(|| panic!("{cause:?}"));
    assert!(
        matches!(error, ProtocolError::Violation { .. }),
        "{error:?}"
    );
    assert_eq!(error.phase(), phase, "{error:?}");
    assert_eq!(error.fault(), Fault::Peer);
}

/// Asserts that `cause` is an end in the middle of something, in this phase.
pub(crate) fn assert_truncated(cause: &Cause, phase: ProtocolPhase) {
    let error: &ProtocolError = cause.find().unwrap_or_else(|| panic!("{cause:?}"));
    assert_eq!(*error, ProtocolError::Truncated { phase });
    assert_eq!(error.fault(), Fault::Network);
}

pub(crate) async fn say(stream: &mut dyn TcpStream, mut said: &[u8]) -> io::Result<()> {
    while !said.is_empty() {
        let written = poll_fn(|cx| stream.poll_write_vectored(cx, &[IoSlice::new(said)])).await?;
        said = &said[written..];
    }
    Ok(())
}

/// Listens until the other side ends the connection, in one way or another.
pub(crate) async fn listen_to_the_end(stream: &mut dyn TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await {}
}

/// Bytes that mean nothing.
pub(crate) fn noise() -> Vec<u8> {
    use rand::Rng as _;

    let mut noise = vec![0; 4096];
    Seed::new(5).rng().fill_bytes(&mut noise);
    noise
}
