//! What the verifier of one handshake found out.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

use crate::{Rejection, VerifiedPeer};

/// The result of one handshake's certificate check.
///
/// Shared between the verifier inside rustls, which writes it once, and whoever runs the handshake,
/// who reads it afterwards. This is the only way in which a peer's identity leaves the handshake.
#[derive(Debug, Default)]
pub struct Verdict {
    outcome: OnceLock<Result<VerifiedPeer, Rejection>>,
    checks: AtomicU32,
}

impl Verdict {
    /// Returns what was found, or `None` while no certificate was looked at.
    #[must_use]
    pub fn outcome(&self) -> Option<&Result<VerifiedPeer, Rejection>> {
        self.outcome.get()
    }

    /// Returns who the peer is, if its certificate was good and its own.
    ///
    /// An identity counts only once the whole handshake is done: the signature that proves possession
    /// of the certificate's key is checked after the certificate.
    #[must_use]
    pub fn peer(&self) -> Option<&VerifiedPeer> {
        self.outcome()?.as_ref().ok()
    }

    /// Returns why the peer was refused, if it was.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        self.outcome()?.as_ref().err()
    }

    /// Returns how often a certificate was checked: once in each handshake that got so far.
    #[must_use]
    pub fn checks(&self) -> u32 {
        self.checks.load(Ordering::Relaxed)
    }

    /// Writes the outcome down; the first one stands.
    pub(crate) fn record(&self, outcome: Result<VerifiedPeer, Rejection>) {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let _first_stands = self.outcome.set(outcome);
    }
}
