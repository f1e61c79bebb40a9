//! The transport phase: records, sealed and opened in place.

use bytes::{Buf, BytesMut};
use sinew_sans_io::Role;

use crate::{
    OpenError, SealError,
    cipher::{Cipher, TAG_LEN},
    message::PREFIX_LEN,
    pattern::Keys,
};

/// Both directions of an authenticated connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct Transport {
    /// What we say.
    pub sealer: Sealer,
    /// What the peer says.
    pub opener: Opener,
}

impl Transport {
    pub(crate) fn new(role: Role, keys: &Keys) -> Self {
        let (ours, theirs) = match role {
            Role::Dialer => (&keys.to_listener, &keys.to_dialer),
            Role::Listener => (&keys.to_dialer, &keys.to_listener),
        };
        Self {
            sealer: Sealer {
                cipher: Cipher::new(ours),
                sealed: 0,
            },
            opener: Opener {
                cipher: Cipher::new(theirs),
                opened: 0,
                failed: None,
            },
        }
    }
}

/// Turns plaintext into records.
///
/// A record costs 18 bytes and a fixed amount of work, so few large ones are cheaper than many small
/// ones.
#[derive(Debug)]
pub struct Sealer {
    cipher: Cipher,
    /// How many records there were: the nonce of the next.
    sealed: u64,
}

impl Sealer {
    /// What a caller puts in front of the plaintext, for [`seal`](Self::seal) to overwrite.
    pub const HEADER: [u8; 2] = [0; PREFIX_LEN];

    /// The most plaintext of one record, in bytes: 65,535 less the tag.
    pub const MAX_PLAINTEXT_LEN: usize = MAX_RECORD_LEN - TAG_LEN;

    /// What a record takes besides its plaintext, in bytes.
    pub const OVERHEAD: usize = PREFIX_LEN + TAG_LEN;

    /// Turns what stands in `out` from `start` on into one record, in place.
    ///
    /// That is a [`HEADER`](Self::HEADER) and then the plaintext, up to the end of `out`. Nothing is
    /// copied; the tag is appended, so room for [`OVERHEAD`](Self::OVERHEAD) bytes saves a reallocation.
    /// An empty plaintext makes an empty record, which means nothing.
    ///
    /// # Errors
    ///
    /// The plaintext is too long, or has no header in front of it, or as many records were sealed as a
    /// key is good for. `out` is as it was.
    pub fn seal(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), SealError> {
        let record = out.get_mut(start..).unwrap_or_default();
        let Some((header, text)) = record.split_first_chunk_mut::<PREFIX_LEN>() else {
            return Err(SealError::MissingHeader);
        };
        let too_long = SealError::TooLong {
            len: text.len(),
            max: Self::MAX_PLAINTEXT_LEN,
        };
        let len = u16::try_from(text.len() + TAG_LEN).map_err(|_| too_long)?;
        let counter = next(&mut self.sealed).ok_or(SealError::Exhausted)?;
        *header = len.to_be_bytes();
        let tag = self.cipher.seal(counter, &[], text);
        out.extend_from_slice(tag.as_ref());
        Ok(())
    }
}

/// Turns records back into plaintext.
#[derive(Debug)]
pub struct Opener {
    cipher: Cipher,
    /// How many records there were: the nonce of the next.
    opened: u64,
    failed: Option<OpenError>,
}

impl Opener {
    /// The most bytes that are left unused while a record is not all there.
    pub const LOOKAHEAD: usize = PREFIX_LEN + MAX_RECORD_LEN - 1;

    /// Takes one record from the front of `input` and returns its plaintext, or returns `None` when it is
    /// not all there.
    ///
    /// The plaintext is decrypted where it stands and split off without a copy. It may be empty: peers
    /// may send records with nothing in them. Each took 18 bytes of `input`, so a caller that calls this
    /// until it gets `None` is done when its input is, and a caller with a budget per turn counts the
    /// bytes that are gone from `input` and not those that it got.
    ///
    /// # Errors
    ///
    /// The peer, or somebody on the way, broke a rule. What is left in `input` is unspecified, and every
    /// later call gives the same error.
    pub fn open(&mut self, input: &mut BytesMut) -> Result<Option<BytesMut>, OpenError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let opened = self.open_next(input);
        self.failed = opened.as_ref().err().copied();
        opened
    }

    fn open_next(&mut self, input: &mut BytesMut) -> Result<Option<BytesMut>, OpenError> {
        let Some(&prefix) = input.first_chunk::<PREFIX_LEN>() else {
            return Ok(None);
        };
        let len = usize::from(u16::from_be_bytes(prefix));
        if len < TAG_LEN {
            return Err(OpenError::TooShort { len });
        }
        if input.len() < PREFIX_LEN + len {
            return Ok(None);
        }
        let counter = next(&mut self.opened).ok_or(OpenError::Exhausted)?;
        input.advance(PREFIX_LEN);
        let mut record = input.split_to(len);
        let (text, tag) = record
            .split_last_chunk_mut::<TAG_LEN>()
            .ok_or(OpenError::TooShort { len })?;
        self.cipher
            .open(counter, &[], *tag, text)
            .map_err(|_| OpenError::Forged)?;
        record.truncate(len - TAG_LEN);
        Ok(Some(record))
    }
}

/// Returns the nonce for the next record, unless there is none.
fn next(count: &mut u64) -> Option<u64> {
    // [noise §Encryption and I/O] The last value is never used: the connection ends instead.
    let next = count.checked_add(1)?;
    Some(std::mem::replace(count, next))
}

/// The longest record, without its length prefix, in bytes.
const MAX_RECORD_LEN: usize = u16::MAX as usize;

#[cfg(test)]
mod tests;
