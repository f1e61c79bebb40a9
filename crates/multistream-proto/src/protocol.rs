//! The name of a protocol.

use std::{borrow::Borrow, cmp, fmt, hash, str::FromStr, sync::Arc};

/// The name of a protocol, such as `/ipfs/ping/1.0.0`.
///
/// Starts with a slash, has only printable ASCII and at most [`Protocol::MAX_LEN`] bytes. (Peers may
/// use other names, which the specification discourages; such an offer is answered with `na`.)
///
/// Cloning costs nothing for a literal and a reference count otherwise. Names compare byte by byte.
#[derive(Clone)]
pub struct Protocol(Name);

impl Protocol {
    /// The longest name in bytes. 255: over twice the longest that is in use.
    pub const MAX_LEN: usize = 255;

    /// Names a protocol by a literal, without an allocation. In a `const` a bad literal does not compile.
    ///
    /// ```
    /// use sinew_multistream_proto::Protocol;
    ///
    /// const PING: Protocol = Protocol::from_static("/ipfs/ping/1.0.0");
    ///
    /// assert_eq!(PING.as_str(), "/ipfs/ping/1.0.0");
    /// ```
    ///
    /// # Panics
    ///
    /// Panics when `name` is not the name of a protocol. Names that are not literals go through
    /// `parse` or `try_from`.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        match validate(name) {
            Ok(()) => Self(Name::Static(name)),
            Err(InvalidProtocol::MissingSlash) => panic!("a protocol starts with a slash"),
            Err(InvalidProtocol::NotPrintable { .. }) => panic!("a protocol is printable ASCII"),
            Err(InvalidProtocol::TooLong { .. }) => panic!("a protocol has at most 255 bytes"),
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Static(name) => name,
            Name::Shared(name) => name,
        }
    }
}

/// Why a string is not the name of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProtocol {
    /// It does not start with a slash.
    #[error("a protocol starts with a slash")]
    MissingSlash,
    /// It has a byte that is not printable ASCII.
    #[error("a protocol is printable ASCII, which byte {position} is not")]
    NotPrintable {
        /// The offset of the first such byte.
        position: usize,
    },
    /// It has more than [`Protocol::MAX_LEN`] bytes.
    #[error("a protocol has at most {} bytes, not {len}", Protocol::MAX_LEN)]
    TooLong {
        /// How many it has.
        len: usize,
    },
}

#[derive(Clone)]
enum Name {
    Static(&'static str),
    Shared(Arc<str>),
}

const fn validate(name: &str) -> Result<(), InvalidProtocol> {
    let bytes = name.as_bytes();
    let Some((b'/', mut rest)) = bytes.split_first() else {
        return Err(InvalidProtocol::MissingSlash);
    };
    if bytes.len() > Protocol::MAX_LEN {
        return Err(InvalidProtocol::TooLong { len: bytes.len() });
    }
    while let Some((&byte, after)) = rest.split_first() {
        if byte < b' ' || byte > b'~' {
            let position = bytes.len() - rest.len();
            return Err(InvalidProtocol::NotPrintable { position });
        }
        rest = after;
    }
    Ok(())
}

impl FromStr for Protocol {
    type Err = InvalidProtocol;

    fn from_str(name: &str) -> Result<Self, InvalidProtocol> {
        validate(name)?;
        Ok(Self(Name::Shared(name.into())))
    }
}

impl TryFrom<&str> for Protocol {
    type Error = InvalidProtocol;

    fn try_from(name: &str) -> Result<Self, InvalidProtocol> {
        name.parse()
    }
}

impl TryFrom<String> for Protocol {
    type Error = InvalidProtocol;

    fn try_from(name: String) -> Result<Self, InvalidProtocol> {
        name.parse()
    }
}

impl AsRef<str> for Protocol {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Names hash and compare like their strings, so a map keyed by `Protocol` answers `&str`.
impl Borrow<str> for Protocol {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Protocol {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PartialEq<str> for Protocol {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Protocol {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Eq for Protocol {}

impl PartialOrd for Protocol {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Protocol {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl hash::Hash for Protocol {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests;
