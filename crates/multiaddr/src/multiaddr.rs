//! `Multiaddr`: any address, understood or not.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::Address;

/// An address of any kind, as bytes to keep and to pass on.
///
/// Peers have addresses of kinds that this stack does not know, some of them newer than it. They
/// are kept as they came; [`Address::try_from`] tells which of them can be used. A clone is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Multiaddr(Arc<[u8]>);

/// Bytes or text are not a multiaddr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MultiaddrError {
    /// There is nothing.
    #[error("multiaddr is empty")]
    Empty,
    /// There is more than any address needs; it was not looked at.
    #[error("multiaddr has {len} bytes or characters, more than the {max} allowed")]
    TooLong {
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The bytes or the text use a protocol that is not known here, or use one wrongly.
    #[error("multiaddr has an unknown or malformed component")]
    Unknown,
}

impl Multiaddr {
    /// The longest address that is kept, in bytes: several times what the longest kinds in use need.
    pub const MAX_LEN: usize = 1024;
    /// The longest text that is read, in bytes: what the longest address needs in any of its forms.
    /// The component that grows most has 2 bytes and 19 characters.
    pub const MAX_TEXT_LEN: usize = 10 * Self::MAX_LEN;

    /// Keeps `bytes`, whatever they mean.
    ///
    /// # Errors
    ///
    /// [`MultiaddrError`] when there are none or more than [`MAX_LEN`](Self::MAX_LEN).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MultiaddrError> {
        check_len(bytes.len())?;
        Ok(Self(bytes.into()))
    }

    /// Returns the binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// Returns the binary form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the components, if all of them are known.
    pub(crate) fn known(&self) -> Option<::multiaddr::Multiaddr> {
        ::multiaddr::Multiaddr::try_from(self.to_bytes()).ok()
    }

    /// Returns the text form, if it reads back as the same address and all of it prints.
    fn text(&self) -> Option<String> {
        let text = self.known()?.to_string();
        let reads_back = text
            .parse()
            .is_ok_and(|address: ::multiaddr::Multiaddr| address.as_ref() == self.as_bytes());
        (reads_back && !text.contains(char::is_control)).then_some(text)
    }
}

impl From<&Address> for Multiaddr {
    fn from(address: &Address) -> Self {
        Self(address.to_bytes().into())
    }
}

impl From<Address> for Multiaddr {
    fn from(address: Address) -> Self {
        Self::from(&address)
    }
}

impl FromStr for Multiaddr {
    type Err = MultiaddrError;

    fn from_str(text: &str) -> Result<Self, MultiaddrError> {
        if text.len() > Self::MAX_TEXT_LEN {
            return Err(MultiaddrError::TooLong {
                len: text.len(),
                max: Self::MAX_TEXT_LEN,
            });
        }
        if text.is_empty() {
            return Err(MultiaddrError::Empty);
        }
        if let Some(digits) = text.strip_prefix(HEX_PREFIX) {
            let bytes = from_hex(digits).ok_or(MultiaddrError::Unknown)?;
            return Self::from_bytes(&bytes);
        }
        let known: ::multiaddr::Multiaddr = text.parse().map_err(|_| MultiaddrError::Unknown)?;
        Self::from_bytes(known.as_ref())
    }
}

impl fmt::Display for Multiaddr {
    /// Prints the text form, or the bytes in hexadecimal (`0x…`) when they have none. Both read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.text() {
            return f.pad(&text);
        }
        f.write_str(HEX_PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Multiaddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Multiaddr({self})")
    }
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| (high * 16 + low) as u8);
    rest.is_empty().then(|| bytes.collect())
}

fn check_len(len: usize) -> Result<(), MultiaddrError> {
    if len == 0 {
        return Err(MultiaddrError::Empty);
    }
    if len > Multiaddr::MAX_LEN {
        return Err(MultiaddrError::TooLong {
            len,
            max: Multiaddr::MAX_LEN,
        });
    }
    Ok(())
}

/// Begins the text form of an address that has no other.
const HEX_PREFIX: &str = "0x";

#[cfg(feature = "serde")]
mod serde;
#[cfg(test)]
mod tests;
