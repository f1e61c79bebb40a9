//! What is sent: it does not matter what, so it is the same for everybody.

use bytes::Bytes;

/// Returns the next chunk of `left` bytes that are still to be sent, without a copy; empty when none are.
pub(crate) fn next(left: u64) -> Bytes {
    let len = usize::try_from(left).map_or(LEN, |left| left.min(LEN));
    Bytes::from_static(&BLOCK).slice(..len)
}

static BLOCK: [u8; LEN] = [0; LEN];

/// The longest chunk, in bytes: as much as a turn of a driver takes at most.
const LEN: usize = 64 << 10;
