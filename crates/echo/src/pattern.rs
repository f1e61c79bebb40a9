//! Bytes to send when it does not matter which.

use bytes::Bytes;

/// Returns `len` bytes in chunks of at most 64 KiB: the same ones each time, and neither compressible nor
/// alike anywhere within 256 MiB, so that a byte in the wrong place is noticed.
#[must_use]
pub fn pattern(len: u64) -> Pattern {
    Pattern {
        block: block(),
        index: 0,
        left: len,
    }
}

/// The chunks of a [`pattern`]. Clones share the memory that all chunks are parts of.
#[derive(Clone, Debug)]
pub struct Pattern {
    block: Bytes,
    index: usize,
    left: u64,
}

impl Iterator for Pattern {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let len = usize::try_from(self.left).map_or(CHUNK_LEN, |left| left.min(CHUNK_LEN));
        if len == 0 {
            return None;
        }
        // The stride is odd, so the shifts of `SHIFTS` chunks in a row all differ.
        let shift = self.index.wrapping_mul(STRIDE) % SHIFTS;
        self.index = self.index.wrapping_add(1);
        self.left -= len as u64;
        Some(self.block.slice(shift..shift + len))
    }
}

/// What all chunks are cut from.
fn block() -> Bytes {
    let mut state = 0_u64;
    let words = std::iter::repeat_with(|| splitmix(&mut state).to_le_bytes());
    words.flatten().take(CHUNK_LEN + SHIFTS).collect()
}

/// SplitMix64, a generator of a few lines whose output looks random.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = *state;
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The longest chunk, in bytes.
const CHUNK_LEN: usize = 64 * 1024;

/// How many different chunks there are, each shifted by some bytes.
const SHIFTS: usize = 4096;

/// How far a chunk is shifted against the one before, in bytes.
const STRIDE: usize = 977;

#[cfg(test)]
mod tests;
