//! Who may come in, asked before it costs anything.

use std::{fmt, net::SocketAddr};

/// Decides about inbound connection attempts.
///
/// Called from the transport's own turn: answers must be quick and take no lock for long.
pub trait Gate: fmt::Debug + Send + Sync + 'static {
    /// Says whether packets of unknown connections from `remote` are looked at, before any cryptography.
    ///
    /// Not asked about a peer with whom a handshake is in progress.
    fn allows(&self, remote: SocketAddr) -> bool {
        let _ = remote;
        true
    }

    /// Decides about one attempt, before the security handshake costs anything.
    fn admit(&self, attempt: &Attempt) -> Admission;
}

/// An inbound connection attempt.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Where it seems to come from; proven only if `validated`.
    pub remote: SocketAddr,
    /// Whether the address was proven to receive what we send to it. Always true over TCP.
    pub validated: bool,
    /// Inbound handshakes in progress on this transport.
    pub handshaking: usize,
}

/// The answer of a [`Gate`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Admission {
    /// Go on; the permit is kept as long as the connection lives.
    Accept(Permit),
    /// Ask the other end to prove its address first (QUIC Retry). Only for an attempt that is not validated;
    /// one that is would be refused.
    Retry,
    /// Say no.
    Refuse,
    /// Say nothing.
    Ignore,
}

/// Something taken from a limit, given back when it is dropped.
#[derive(Default)]
pub struct Permit(Option<Box<dyn FnOnce() + Send + Sync>>);

/// A gate that admits everyone.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenGate;

impl Attempt {
    /// Describes an attempt.
    pub fn new(remote: SocketAddr, validated: bool, handshaking: usize) -> Self {
        Self {
            remote,
            validated,
            handshaking,
        }
    }
}

impl Permit {
    /// A permit that counts against nothing.
    pub fn free() -> Self {
        Self(None)
    }

    /// A permit that runs `give_back` when it is dropped.
    pub fn new(give_back: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(give_back)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(give_back) = self.0.take() {
            give_back();
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.0.is_some()).finish()
    }
}

impl Gate for OpenGate {
    fn admit(&self, _attempt: &Attempt) -> Admission {
        Admission::Accept(Permit::free())
    }
}
