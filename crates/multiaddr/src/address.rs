//! `Address`: where a peer can be reached, in the forms that this stack understands.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use sinew_identity::PeerId;

use crate::error::{AddressError, Undialable, Unlistenable};
use crate::foreign;
use crate::host::{Host, Name};
use crate::multiaddr::Multiaddr;

/// A place to dial or to listen, and optionally the peer that is expected there.
///
/// ```text
/// /ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooW…
/// └── host ────┘└── transport ───┘└── peer ───┘
/// └───────────── target ─────────┘
/// ```
///
/// Equal addresses have equal text and bytes. A [`Multiaddr`] holds any address, also of kinds that
/// this type does not know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    target: Target,
    peer_id: Option<PeerId>,
}

/// The place itself, without the peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Target {
    /// `HOST/udp/PORT/quic-v1`
    Quic {
        /// The machine.
        host: Host,
        /// The UDP port.
        port: u16,
    },
    /// `HOST/tcp/PORT`
    Tcp {
        /// The machine.
        host: Host,
        /// The TCP port.
        port: u16,
    },
    /// `/memory/PORT`: a listener in this process.
    Memory {
        /// The number that stands for the listener.
        port: u64,
    },
    /// `/dnsaddr/NAME`: the text records of the name hold the addresses.
    Dnsaddr(Name),
}

/// The kind of transport that an address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TransportKind {
    /// QUIC version 1 over UDP.
    QuicV1,
    /// TCP, secured and divided into streams by upgrades.
    Tcp,
    /// Within one process.
    Memory,
}

impl Address {
    /// The longest text form that is read, in bytes.
    pub const MAX_TEXT_LEN: usize = 1024;

    /// Makes an address from its parts.
    pub fn new(target: Target, peer_id: Option<PeerId>) -> Self {
        Self { target, peer_id }
    }

    /// Makes the address of a QUIC socket. The scope of a link-local IPv6 address is dropped: a
    /// multiaddr cannot carry it.
    pub fn quic(socket: SocketAddr) -> Self {
        Self::from(Target::Quic {
            host: socket.ip().into(),
            port: socket.port(),
        })
    }

    /// Makes the address of a TCP socket. The scope of a link-local IPv6 address is dropped: a
    /// multiaddr cannot carry it.
    pub fn tcp(socket: SocketAddr) -> Self {
        Self::from(Target::Tcp {
            host: socket.ip().into(),
            port: socket.port(),
        })
    }

    /// Makes the address of a listener in this process.
    pub fn memory(port: u64) -> Self {
        Self::from(Target::Memory { port })
    }

    /// Reads the binary form, a multiaddr.
    ///
    /// # Errors
    ///
    /// [`AddressError`] names the component that does not belong and what was expected.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AddressError> {
        Self::try_from(&Multiaddr::from_bytes(bytes)?)
    }

    /// Returns the binary form, a multiaddr.
    pub fn to_bytes(&self) -> Vec<u8> {
        foreign::encode(self)
    }

    /// Returns this address with `peer_id` as the peer that is expected there.
    #[must_use]
    pub fn with_peer(mut self, peer_id: PeerId) -> Self {
        self.peer_id = Some(peer_id);
        self
    }

    /// Returns this address with no peer expected there.
    #[must_use]
    pub fn without_peer(mut self) -> Self {
        self.peer_id = None;
        self
    }

    /// Returns this address with `ip` in place of its host: the answer to a look-up, or an
    /// interface in place of an unspecified address. An address without host stays as it is.
    #[must_use]
    pub fn with_ip(mut self, ip: IpAddr) -> Self {
        match &mut self.target {
            Target::Quic { host, .. } | Target::Tcp { host, .. } => *host = ip.into(),
            Target::Memory { .. } | Target::Dnsaddr(_) => {}
        }
        self
    }

    /// Returns this address with another port: the one that the system chose for port 0. An address
    /// without UDP or TCP port stays as it is.
    #[must_use]
    pub fn with_port(mut self, new: u16) -> Self {
        match &mut self.target {
            Target::Quic { port, .. } | Target::Tcp { port, .. } => *port = new,
            Target::Memory { .. } | Target::Dnsaddr(_) => {}
        }
        self
    }

    /// Returns the place, without the peer.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the peer that is expected there.
    pub fn peer_id(&self) -> Option<PeerId> {
        self.peer_id
    }

    /// Returns the machine, unless the address leads to none.
    pub fn host(&self) -> Option<&Host> {
        match &self.target {
            Target::Quic { host, .. } | Target::Tcp { host, .. } => Some(host),
            Target::Memory { .. } | Target::Dnsaddr(_) => None,
        }
    }

    /// Returns the IP address, unless there is none or it has to be looked up first.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host()?.ip()
    }

    /// Returns the UDP or TCP port.
    pub fn port(&self) -> Option<u16> {
        match &self.target {
            Target::Quic { port, .. } | Target::Tcp { port, .. } => Some(*port),
            Target::Memory { .. } | Target::Dnsaddr(_) => None,
        }
    }

    /// Returns IP address and port, unless there are none or they have to be looked up first.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.ip()?, self.port()?))
    }

    /// Returns the transport, unless a look-up has to tell it first (`/dnsaddr`).
    pub fn transport(&self) -> Option<TransportKind> {
        match &self.target {
            Target::Quic { .. } => Some(TransportKind::QuicV1),
            Target::Tcp { .. } => Some(TransportKind::Tcp),
            Target::Memory { .. } => Some(TransportKind::Memory),
            Target::Dnsaddr(_) => None,
        }
    }

    /// Returns whether the address holds a name that has to be looked up before it can be dialed.
    pub fn needs_lookup(&self) -> bool {
        match &self.target {
            Target::Quic { host, .. } | Target::Tcp { host, .. } => host.name().is_some(),
            Target::Memory { .. } => false,
            Target::Dnsaddr(_) => true,
        }
    }

    /// Returns whether [`check_dial`](Self::check_dial) has nothing to object.
    pub fn is_dialable(&self) -> bool {
        self.check_dial().is_ok()
    }

    /// Checks that the address can be dialed, after a look-up where it needs one.
    ///
    /// # Errors
    ///
    /// [`Undialable`] for port 0 and for addresses that stand for no single machine.
    pub fn check_dial(&self) -> Result<(), Undialable> {
        if self.port() == Some(0) {
            return Err(Undialable::PortZero);
        }
        match self.ip() {
            Some(ip) if ip.to_canonical().is_unspecified() => Err(Undialable::Unspecified),
            Some(ip) if is_group(ip) => Err(Undialable::Group),
            _ => Ok(()),
        }
    }

    /// Checks that the address can be listened on. Port 0 and unspecified addresses can.
    ///
    /// # Errors
    ///
    /// [`Unlistenable`] for names and for addresses of groups.
    pub fn check_listen(&self) -> Result<(), Unlistenable> {
        if self.needs_lookup() {
            return Err(Unlistenable::Name);
        }
        if self.ip().is_some_and(is_group) {
            return Err(Unlistenable::Group);
        }
        Ok(())
    }

    /// Returns whether the address leads back to the machine that dials it.
    pub fn is_loopback(&self) -> bool {
        self.ip().is_some_and(|ip| ip.to_canonical().is_loopback())
    }

    /// Returns whether the address is `0.0.0.0` or `::`, all addresses of a machine.
    pub fn is_unspecified(&self) -> bool {
        self.ip()
            .is_some_and(|ip| ip.to_canonical().is_unspecified())
    }

    /// Returns whether the address has a meaning within one network alone: private (RFC 1918),
    /// shared (RFC 6598), unique local (RFC 4193) and link-local ones.
    pub fn is_private(&self) -> bool {
        self.ip().is_some_and(|ip| match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let [first, second, ..] = ip.octets();
                let is_shared = first == 100 && second & 0xc0 == 64;
                ip.is_private() || ip.is_link_local() || is_shared
            }
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
        })
    }
}

impl From<Target> for Address {
    fn from(target: Target) -> Self {
        Self::new(target, None)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        parse::text(text)
    }
}

impl TryFrom<&Multiaddr> for Address {
    type Error = AddressError;

    fn try_from(address: &Multiaddr) -> Result<Self, AddressError> {
        parse::multiaddr(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        match self.peer_id {
            Some(peer) => write!(f, "/p2p/{peer}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quic { host, port } => write!(f, "{host}/udp/{port}/quic-v1"),
            Self::Tcp { host, port } => write!(f, "{host}/tcp/{port}"),
            Self::Memory { port } => write!(f, "/memory/{port}"),
            Self::Dnsaddr(name) => write!(f, "/dnsaddr/{name}"),
        }
    }
}

impl fmt::Display for TransportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::QuicV1 => "quic-v1",
            Self::Tcp => "tcp",
            Self::Memory => "memory",
        })
    }
}

/// Whether packets to `ip` reach several machines.
fn is_group(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    }
}

mod parse;
#[cfg(feature = "serde")]
mod serde;
#[cfg(test)]
mod tests;
