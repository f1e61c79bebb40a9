//! `Host`: the part of an address that says which machine.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The machine that an address leads to: its IP address, or a name to look one up by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// `/ip4/192.0.2.7`
    Ip4(Ipv4Addr),
    /// `/ip6/2001:db8::7`
    Ip6(Ipv6Addr),
    /// `/dns/example.com`: addresses of both families.
    Dns(Name),
    /// `/dns4/example.com`: IPv4 addresses alone.
    Dns4(Name),
    /// `/dns6/example.com`: IPv6 addresses alone.
    Dns6(Name),
}

/// A host name as the domain name system has them, in lower case.
///
/// At most 253 bytes in labels of 1 to 63, of ASCII letters, digits, hyphens and underscores.
/// Other scripts are written in their ASCII form (`xn--…`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

/// Text is not a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name is empty or longer than 253 bytes.
    #[error("host name has {0} bytes instead of 1 to 253")]
    Length(usize),
    /// A part between two dots is empty or longer than 63 bytes.
    #[error("a part of the host name has {0} bytes instead of 1 to 63")]
    LabelLength(usize),
    /// The name has a character that host names cannot have.
    #[error(
        "host name contains {0:?}; letters a to z, digits, '-' and '_' are allowed, other scripts \
         in their xn-- form"
    )]
    Character(char),
}

impl Host {
    /// Returns the IP address, unless it has to be looked up first.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip4(ip) => Some(IpAddr::V4(*ip)),
            Self::Ip6(ip) => Some(IpAddr::V6(*ip)),
            Self::Dns(_) | Self::Dns4(_) | Self::Dns6(_) => None,
        }
    }

    /// Returns the name that has to be looked up first, if there is one.
    pub fn name(&self) -> Option<&Name> {
        match self {
            Self::Ip4(_) | Self::Ip6(_) => None,
            Self::Dns(name) | Self::Dns4(name) | Self::Dns6(name) => Some(name),
        }
    }

    /// Returns whether an address of the family of `ip` can be the answer to a look-up of this
    /// host. For a host that is an IP address, that is this address alone.
    pub fn admits(&self, ip: IpAddr) -> bool {
        match self {
            Self::Ip4(_) | Self::Ip6(_) => self.ip() == Some(ip),
            Self::Dns(_) => true,
            Self::Dns4(_) => ip.is_ipv4(),
            Self::Dns6(_) => ip.is_ipv6(),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::Ip4(ip),
            IpAddr::V6(ip) => Self::Ip6(ip),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip4(ip) => write!(f, "/ip4/{ip}"),
            Self::Ip6(ip) => write!(f, "/ip6/{ip}"),
            Self::Dns(name) => write!(f, "/dns/{name}"),
            Self::Dns4(name) => write!(f, "/dns4/{name}"),
            Self::Dns6(name) => write!(f, "/dns6/{name}"),
        }
    }
}

impl Name {
    /// Returns the name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if !(1..=MAX_NAME_LEN).contains(&text.len()) {
            return Err(NameError::Length(text.len()));
        }
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if let Some(character) = text.chars().find(|c| !is_allowed(*c)) {
            return Err(NameError::Character(character));
        }
        // The dot at the end of an absolute name closes the last label.
        let labels = text.strip_suffix('.').unwrap_or(text).split('.');
        for label in labels {
            if !(1..=MAX_LABEL_LEN).contains(&label.len()) {
                return Err(NameError::LabelLength(label.len()));
            }
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

const MAX_NAME_LEN: usize = 253;
const MAX_LABEL_LEN: usize = 63;
