//! `Part`: one component of an address, and where parts come from: text or bytes.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::{FromStr, Split};

use ::multiaddr::Protocol;
use sinew_identity::PeerId;

use crate::error::{AddressError, Component};
use crate::foreign;
use crate::host::Name;

/// One component with its value, as far as this stack has a use for it.
#[derive(Debug)]
pub(crate) enum Part {
    Ip4(Ipv4Addr),
    Ip6(Ipv6Addr),
    Dns(Name),
    Dns4(Name),
    Dns6(Name),
    Dnsaddr(Name),
    Udp(u16),
    Tcp(u16),
    QuicV1,
    Memory(u64),
    P2p(PeerId),
    /// Any other component, by its name.
    Other(Component),
}

/// The parts of the text form, read one by one.
///
/// Nothing behind the first component that does not belong is looked at.
#[derive(Debug)]
pub(crate) struct TextParts<'a>(Split<'a, char>);

impl<'a> TextParts<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, AddressError> {
        text.strip_prefix('/')
            .map(|rest| Self(rest.split('/')))
            .ok_or(AddressError::MissingSlash)
    }

    fn value<T>(
        &mut self,
        component: &'static str,
        expected: &'static str,
    ) -> Result<T, AddressError>
    where
        T: FromStr,
    {
        let value = self.0.next().ok_or(AddressError::Incomplete { expected })?;
        value.parse().map_err(|_| AddressError::Value {
            component,
            value: Component::new(value),
            expected,
        })
    }

    fn name(&mut self) -> Result<Name, AddressError> {
        let value = self.0.next().ok_or(AddressError::Incomplete {
            expected: "a host name",
        })?;
        parse_name(value)
    }

    fn peer_id(&mut self) -> Result<PeerId, AddressError> {
        let value = self.0.next().ok_or(AddressError::Incomplete {
            expected: "a peer id",
        })?;
        value.parse().map_err(|source| AddressError::PeerId {
            value: Component::new(value),
            source,
        })
    }

    fn part(&mut self, name: &str) -> Result<Part, AddressError> {
        Ok(match name {
            "ip4" => Part::Ip4(self.value("ip4", "an IPv4 address")?),
            "ip6" => Part::Ip6(self.value("ip6", "an IPv6 address")?),
            "ip6zone" => return Err(AddressError::Ip6Zone),
            "dns" => Part::Dns(self.name()?),
            "dns4" => Part::Dns4(self.name()?),
            "dns6" => Part::Dns6(self.name()?),
            "dnsaddr" => Part::Dnsaddr(self.name()?),
            "udp" => Part::Udp(self.value("udp", PORT)?),
            "tcp" => Part::Tcp(self.value("tcp", PORT)?),
            "quic-v1" => Part::QuicV1,
            "quic" => return Err(AddressError::QuicDraft29),
            "memory" => Part::Memory(self.value("memory", "a number from 0 to 2^64 - 1")?),
            // The older name of the same component.
            "p2p" | "ipfs" => Part::P2p(self.peer_id()?),
            other => Part::Other(Component::new(other)),
        })
    }
}

impl Iterator for TextParts<'_> {
    type Item = Result<Part, AddressError>;

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.0.next()?;
        Some(self.part(name))
    }
}

/// Reads one component of the binary form.
pub(crate) fn from_protocol(protocol: Protocol<'_>) -> Result<Part, AddressError> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever the crate comes to know is another component here"
    )]
    Ok(match protocol {
        Protocol::Ip4(ip) => Part::Ip4(ip),
        Protocol::Ip6(ip) => Part::Ip6(ip),
        Protocol::Ip6zone(_) => return Err(AddressError::Ip6Zone),
        Protocol::Dns(name) => Part::Dns(parse_name(&name)?),
        Protocol::Dns4(name) => Part::Dns4(parse_name(&name)?),
        Protocol::Dns6(name) => Part::Dns6(parse_name(&name)?),
        Protocol::Dnsaddr(name) => Part::Dnsaddr(parse_name(&name)?),
        Protocol::Udp(port) => Part::Udp(port),
        Protocol::Tcp(port) => Part::Tcp(port),
        Protocol::QuicV1 => Part::QuicV1,
        Protocol::Quic => return Err(AddressError::QuicDraft29),
        Protocol::Memory(port) => Part::Memory(port),
        Protocol::P2p(peer) => {
            Part::P2p(
                foreign::peer_id(&peer).map_err(|source| AddressError::PeerId {
                    value: Component::new(&peer.to_string()),
                    source,
                })?,
            )
        }
        other => Part::Other(Component::new(other.tag())),
    })
}

impl Part {
    /// Returns the component as it is quoted in an error.
    pub(crate) fn quoted(&self) -> Component {
        let name = match self {
            Self::Ip4(_) => "ip4",
            Self::Ip6(_) => "ip6",
            Self::Dns(_) => "dns",
            Self::Dns4(_) => "dns4",
            Self::Dns6(_) => "dns6",
            Self::Dnsaddr(_) => "dnsaddr",
            Self::Udp(_) => "udp",
            Self::Tcp(_) => "tcp",
            Self::QuicV1 => "quic-v1",
            Self::Memory(_) => "memory",
            Self::P2p(_) => "p2p",
            Self::Other(component) => return component.clone(),
        };
        Component::new(name)
    }
}

fn parse_name(value: &str) -> Result<Name, AddressError> {
    value.parse().map_err(|source| AddressError::Name {
        value: Component::new(value),
        source,
    })
}

const PORT: &str = "a port from 0 to 65535";
