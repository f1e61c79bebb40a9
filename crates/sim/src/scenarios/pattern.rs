//! Content whose every byte can be checked without a copy of it.

use std::sync::LazyLock;

use bytes::Bytes;

use super::Error;

/// Returns the bytes of the content from `at` on, at most `len` and at most 64 KiB.
pub(super) fn bytes(at: u64, len: u64) -> Bytes {
    let from = place(at);
    let len = usize::try_from(len).unwrap_or(PERIOD).min(PERIOD);
    PATTERN.slice(from..from + len)
}

/// Checks bytes that arrived at `at`.
pub(super) fn check(mut at: u64, mut arrived: &[u8]) -> Result<(), Error> {
    while !arrived.is_empty() {
        let (now, later) = arrived.split_at(arrived.len().min(PERIOD));
        if bytes(at, now.len() as u64) != now {
            return Err(Error::WrongByte { offset: at });
        }
        at += now.len() as u64;
        arrived = later;
    }
    Ok(())
}

fn place(at: u64) -> usize {
    usize::try_from(at % PERIOD as u64).unwrap_or_default()
}

/// Twice the content's period, so that a slice of one period can begin anywhere in it.
static PATTERN: LazyLock<Bytes> = LazyLock::new(|| {
    let once = (0..PERIOD as u32).map(|n| (n.wrapping_mul(0x9e37_79b1) >> 24) as u8);
    once.clone().chain(once).collect()
});

/// A prime just under 64 KiB: no buffer or packet size divides it.
const PERIOD: usize = 65_521;
