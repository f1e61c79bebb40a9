//! Whose clock is wrong, when a certificate is outside its time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sinew_tls::Validity;

/// Whose clock it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspect {
    /// That of this machine.
    Ours,
    /// That of the machine that made the certificate.
    Theirs,
    /// It takes a third clock to tell.
    Either,
}

/// Says whose clock is wrong, going by times that no clock can rightly have shown.
pub(crate) fn suspect(validity: &Validity, is_expired: bool) -> Suspect {
    if is_impossible(validity.now) {
        return Suspect::Ours;
    }
    // Certificates are dated from about the time at which they are made.
    let is_theirs = if is_expired {
        // A machine without a clock of its own begins in 1970.
        seconds(validity.not_after) < LIBP2P
    } else {
        seconds(validity.not_before) > FAR_FUTURE
    };
    if is_theirs {
        Suspect::Theirs
    } else {
        Suspect::Either
    }
}

/// Says whether our clock cannot be right.
pub(crate) fn is_impossible(now: SystemTime) -> bool {
    !(WRITTEN..FAR_FUTURE).contains(&seconds(now))
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

/// 2015, when libp2p began.
const LIBP2P: u64 = 1_420_070_400;
/// Mid-2026: this program did not exist before.
const WRITTEN: u64 = 1_780_000_000;
/// The year 2100.
const FAR_FUTURE: u64 = 4_102_444_800;
