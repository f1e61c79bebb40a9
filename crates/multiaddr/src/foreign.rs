//! The one place that converts between our types and those of the `multiaddr` crate.

use std::borrow::Cow;

use ::multiaddr::{Multiaddr, Protocol};
use sinew_identity::{PeerId, PeerIdError};

use crate::address::{Address, Target};
use crate::host::Host;

/// Converts the peer id of another crate, which admits some that ours does not.
pub(crate) fn peer_id(peer: &::multiaddr::PeerId) -> Result<PeerId, PeerIdError> {
    PeerId::from_bytes(&peer.to_bytes())
}

/// Returns the binary form of an address.
pub(crate) fn encode(address: &Address) -> Vec<u8> {
    let mut out = Multiaddr::empty();
    match address.target() {
        Target::Quic { host, port } => {
            out.push(host_protocol(host));
            out.push(Protocol::Udp(*port));
            out.push(Protocol::QuicV1);
        }
        Target::Tcp { host, port } => {
            out.push(host_protocol(host));
            out.push(Protocol::Tcp(*port));
        }
        Target::Memory { port } => out.push(Protocol::Memory(*port)),
        Target::Dnsaddr(name) => out.push(Protocol::Dnsaddr(Cow::Borrowed(name.as_str()))),
    }
    if let Some(peer) = address.peer_id() {
        let peer = ::multiaddr::PeerId::from_bytes(peer.as_bytes())
            .expect("the other crate admits every peer id that ours does");
        out.push(Protocol::P2p(peer));
    }
    out.to_vec()
}

fn host_protocol(host: &Host) -> Protocol<'_> {
    match host {
        Host::Ip4(ip) => Protocol::Ip4(*ip),
        Host::Ip6(ip) => Protocol::Ip6(*ip),
        Host::Dns(name) => Protocol::Dns(Cow::Borrowed(name.as_str())),
        Host::Dns4(name) => Protocol::Dns4(Cow::Borrowed(name.as_str())),
        Host::Dns6(name) => Protocol::Dns6(Cow::Borrowed(name.as_str())),
    }
}
