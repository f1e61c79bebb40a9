//! What can be wrong with an address, and which part of it is.

use std::fmt;

use sinew_identity::PeerIdError;

use crate::{MultiaddrError, NameError};

/// Text or bytes are not an address that this stack can dial or listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The text does not begin like an address.
    #[error("address does not begin with '/', like /ip4/192.0.2.7/udp/4001/quic-v1 does")]
    MissingSlash,
    /// The text is longer than an address can be; it was not looked at.
    #[error("address has {len} characters, more than the {max} allowed")]
    TooLong {
        /// Bytes of text given.
        len: usize,
        /// Bytes of text allowed.
        max: usize,
    },
    /// The bytes are not a multiaddr, or use a protocol that nobody here has heard of.
    #[error("bytes are not a known multiaddr")]
    Bytes(#[from] MultiaddrError),
    /// There is nothing between two slashes.
    #[error("address has an empty component; expected {expected}")]
    Empty {
        /// What may stand there.
        expected: &'static str,
    },
    /// The address ends too early.
    #[error("address is incomplete; expected {expected} at its end")]
    Incomplete {
        /// What may follow.
        expected: &'static str,
    },
    /// A component stands where it has no meaning, or is unknown.
    #[error("unexpected component {found}; expected {expected}")]
    Unexpected {
        /// The component found.
        found: Component,
        /// What may stand there.
        expected: &'static str,
    },
    /// The value of a component is not what such a component has.
    #[error("{value} is not a valid value of /{component}; expected {expected}")]
    Value {
        /// The name of the component.
        component: &'static str,
        /// The value found.
        value: Component,
        /// What it should be.
        expected: &'static str,
    },
    /// The value of `/dns…` is not a host name.
    #[error("{value} is not a host name")]
    Name {
        /// The value found.
        value: Component,
        /// What is wrong with it.
        source: NameError,
    },
    /// The value of `/p2p` is not a peer id.
    #[error("{value} is not a peer id")]
    PeerId {
        /// The value found.
        value: Component,
        /// What is wrong with it.
        source: PeerIdError,
    },
    /// `/quic` stands for a draft of QUIC that is not in use any more.
    #[error("/quic means draft-29, which is not supported; write /quic-v1")]
    QuicDraft29,
    /// `/ip6zone` ties an address to an interface of one machine.
    #[error("/ip6zone is not supported; use an address that needs no zone")]
    Ip6Zone,
}

/// A piece of an address, quoted in an error: at most 64 characters, with everything that does not
/// print escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component(Box<str>);

/// An address that cannot be dialed, whoever listens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Undialable {
    /// Port 0 asks for any free port, which makes sense to listen on alone.
    #[error("port 0 cannot be dialed; give the port that the peer listens on")]
    PortZero,
    /// `0.0.0.0` or `::` stands for all addresses of a machine, and for none to dial.
    #[error("unspecified address cannot be dialed; give an address of the peer")]
    Unspecified,
    /// The address belongs to a group and not to one machine.
    #[error("multicast or broadcast address cannot be dialed; give an address of the peer")]
    Group,
}

/// An address that cannot be listened on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unlistenable {
    /// A name has to be looked up, and what is found need not be ours.
    #[error("host name cannot be listened on; give an ip address of this machine")]
    Name,
    /// The address belongs to a group and not to one machine.
    #[error("multicast or broadcast address cannot be listened on")]
    Group,
}

impl Component {
    pub(crate) fn new(text: &str) -> Self {
        let mut quoted: String = text.chars().take(MAX_QUOTED).collect();
        if quoted.len() < text.len() {
            quoted.push('…');
        }
        Self(quoted.escape_debug().collect::<String>().into())
    }

    /// Returns the quoted text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

const MAX_QUOTED: usize = 64;
