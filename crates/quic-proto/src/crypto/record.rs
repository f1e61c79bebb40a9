//! What one TLS handshake leaves behind for our side alone.

use std::sync::{Arc, OnceLock};

use sinew_tls::Verdict;

use crate::CloseReason;

/// Shared between the TLS session, which quinn-proto owns, and the connection around it.
#[derive(Debug)]
pub(crate) struct HandshakeRecord {
    pub(crate) verdict: Arc<Verdict>,
    failure: OnceLock<TlsFailure>,
}

#[derive(Debug)]
struct TlsFailure {
    alert: u8,
    detail: String,
}

impl HandshakeRecord {
    pub(crate) fn new(verdict: Arc<Verdict>) -> Self {
        Self {
            verdict,
            failure: OnceLock::new(),
        }
    }

    /// Notes why our TLS gave up.
    pub(crate) fn record_failure(&self, alert: u8, detail: String) {
        let _first_stands = self.failure.set(TlsFailure { alert, detail });
    }

    /// Returns why the connection is over, if our TLS gave up.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        let failure = self.failure.get()?;
        Some(CloseReason::from_tls(
            failure.alert,
            self.verdict.rejection(),
            &failure.detail,
        ))
    }
}
