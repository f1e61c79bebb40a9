//! Certificates.

use std::time::{Duration, SystemTime};

/// Reads `data` as a certificate in DER and in PEM form.
pub fn certificate(data: &[u8]) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    let verdict = sinew_tls::verify(data, now);
    let report = sinew_tls::check(data, now);
    if let Ok(peer) = verdict {
        assert_eq!(peer.public_key.to_peer_id(), peer.peer_id);
        assert_eq!(report.claimed, Some(peer.peer_id));
    }
}
