//! Where attempts come from, as far as it is counted.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The blocks of addresses that a connection counts against.
///
/// One who has an IPv6 address has 2^64 of them, so that a /64 is taken for an address there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// An IPv4 address or an IPv6 /64. None for this machine.
    pub(crate) address: Option<Block>,
    /// An IPv4 /24 or an IPv6 /48. None for this machine and for private networks.
    pub(crate) prefix: Option<Block>,
}

/// All addresses that begin with the same bits, written as `192.0.2.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    first: IpAddr,
    bits: u8,
}

impl Origin {
    /// Says what a connection from `remote` counts against.
    ///
    /// What comes from this machine counts against nothing here: whoever can send from it has other ways to harm
    /// it. A private network is one site, whose hosts are neighbors for good reason; each of them is counted
    /// alone.
    pub(crate) fn of(remote: IpAddr) -> Self {
        match remote.to_canonical() {
            ip if ip.is_loopback() => Self::default(),
            IpAddr::V4(ip) => Self {
                address: Some(Block::v4(ip, 32)),
                prefix: (!is_private_v4(ip)).then(|| Block::v4(ip, 24)),
            },
            IpAddr::V6(ip) if is_private_v6(ip) => Self {
                // The hosts of a site share its /64.
                address: Some(Block::v6(ip, 128)),
                prefix: None,
            },
            IpAddr::V6(ip) => Self {
                address: Some(Block::v6(ip, 64)),
                prefix: Some(Block::v6(ip, 48)),
            },
        }
    }
}

impl Block {
    fn v4(ip: Ipv4Addr, bits: u8) -> Self {
        let mask = u32::MAX
            .checked_shl(32_u32.saturating_sub(bits.into()))
            .unwrap_or(0);
        Self {
            first: Ipv4Addr::from_bits(ip.to_bits() & mask).into(),
            bits,
        }
    }

    fn v6(ip: Ipv6Addr, bits: u8) -> Self {
        let mask = u128::MAX
            .checked_shl(128_u32.saturating_sub(bits.into()))
            .unwrap_or(0);
        Self {
            first: Ipv6Addr::from_bits(ip.to_bits() & mask).into(),
            bits,
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    ip.is_private() || ip.is_link_local()
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    ip.is_unique_local() || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests;
