//! The grammar of addresses, the same for text and bytes.

use super::{Address, Target};
use crate::error::AddressError;
use crate::host::Host;
use crate::multiaddr::{Multiaddr, MultiaddrError};
use crate::part::{self, Part, TextParts};

/// Reads the text form.
pub(super) fn text(text: &str) -> Result<Address, AddressError> {
    if text.len() > Address::MAX_TEXT_LEN {
        return Err(AddressError::TooLong {
            len: text.len(),
            max: Address::MAX_TEXT_LEN,
        });
    }
    address(&mut TextParts::new(text)?)
}

/// Reads the binary form.
pub(super) fn multiaddr(multiaddr: &Multiaddr) -> Result<Address, AddressError> {
    let known = multiaddr.known().ok_or(MultiaddrError::Unknown)?;
    address(&mut known.iter().map(part::from_protocol))
}

/// `target [/p2p/ID]`
fn address(parts: &mut Parts<'_>) -> Result<Address, AddressError> {
    let target = target(parts)?;
    let peer_id = match parts.next().transpose()? {
        None => return Ok(Address::from(target)),
        Some(Part::P2p(peer_id)) => peer_id,
        Some(other) => return Err(unexpected(&other, "/p2p or the end")),
    };
    match parts.next().transpose()? {
        None => Ok(Address::new(target, Some(peer_id))),
        Some(other) => Err(unexpected(&other, "the end")),
    }
}

/// `host transport | /memory/N | /dnsaddr/NAME`
fn target(parts: &mut Parts<'_>) -> Result<Target, AddressError> {
    let host = match required(parts, HOST)? {
        Part::Ip4(ip) => Host::Ip4(ip),
        Part::Ip6(ip) => Host::Ip6(ip),
        Part::Dns(name) => Host::Dns(name),
        Part::Dns4(name) => Host::Dns4(name),
        Part::Dns6(name) => Host::Dns6(name),
        Part::Dnsaddr(name) => return Ok(Target::Dnsaddr(name)),
        Part::Memory(port) => return Ok(Target::Memory { port }),
        other @ (Part::Udp(_) | Part::Tcp(_) | Part::QuicV1 | Part::P2p(_) | Part::Other(_)) => {
            return Err(unexpected(&other, HOST));
        }
    };
    let transport = required(parts, TRANSPORT)?;
    if let Part::Tcp(port) = transport {
        return Ok(Target::Tcp { host, port });
    }
    let Part::Udp(port) = transport else {
        return Err(unexpected(&transport, TRANSPORT));
    };
    let version = required(parts, QUIC)?;
    let Part::QuicV1 = version else {
        return Err(unexpected(&version, QUIC));
    };
    Ok(Target::Quic { host, port })
}

/// A text or a multiaddr, component by component.
type Parts<'a> = dyn Iterator<Item = Result<Part, AddressError>> + 'a;

fn required(parts: &mut Parts<'_>, expected: &'static str) -> Result<Part, AddressError> {
    parts
        .next()
        .transpose()?
        .ok_or(AddressError::Incomplete { expected })
}

fn unexpected(part: &Part, expected: &'static str) -> AddressError {
    let found = part.quoted();
    if found.as_str().is_empty() {
        return AddressError::Empty { expected };
    }
    AddressError::Unexpected { found, expected }
}

const HOST: &str = "/ip4, /ip6, /dns, /dns4, /dns6, /dnsaddr or /memory";
const TRANSPORT: &str = "/udp/PORT/quic-v1 or /tcp/PORT";
const QUIC: &str = "/quic-v1";
