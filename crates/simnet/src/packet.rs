//! What travels.

use std::{fmt, net::SocketAddr};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use sinew_runtime::Ecn;

use crate::{
    NodeId,
    tcp::{Between, Segment},
};

/// The protocols that are modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Datagrams.
    Udp,
    /// Byte streams.
    Tcp,
}

/// One packet under way.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    /// Counts the packets of a world.
    pub(crate) number: u64,
    pub(crate) source: NodeId,
    pub(crate) target: NodeId,
    /// As the world outside sees it: behind a NAT, the address that it gave out.
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Udp { payload: Bytes, ecn: Option<Ecn> },
    Tcp(Segment, Between),
}

impl Packet {
    pub(crate) fn protocol(&self) -> Protocol {
        match self.body {
            Body::Udp { .. } => Protocol::Udp,
            Body::Tcp(..) => Protocol::Tcp,
        }
    }

    /// Returns the bytes on the wire, the IP header included.
    pub(crate) fn wire_bytes(&self) -> usize {
        ip_header(&self.to)
            + match &self.body {
                Body::Udp { payload, .. } => UDP_HEADER + payload.len(),
                Body::Tcp(segment, _) => TCP_HEADER + segment.data_len(),
            }
    }

    pub(crate) fn hash(&self, hash: &mut Sha256) {
        let addresses = format!("{}>{}", self.from, self.to);
        hash.update(addresses.as_bytes());
        match &self.body {
            Body::Udp { payload, ecn } => {
                hash.update([0, ecn.map_or(0, |ecn| ecn as u8)]);
                hash.update((payload.len() as u64).to_be_bytes());
                hash.update(payload);
            }
            Body::Tcp(segment, _) => segment.hash(hash),
        }
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} > {}: ", self.number, self.from, self.to)?;
        match &self.body {
            Body::Udp { payload, .. } => write!(f, "udp {}", payload.len()),
            Body::Tcp(segment, _) => write!(f, "tcp {segment}"),
        }
    }
}

pub(crate) fn ip_header(address: &SocketAddr) -> usize {
    if address.is_ipv4() { 20 } else { 40 }
}

const UDP_HEADER: usize = 8;
/// With the timestamp option, as usual.
pub(crate) const TCP_HEADER: usize = 32;
