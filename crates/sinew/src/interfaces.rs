//! What an unspecified address (`0.0.0.0`, `::`) stands for on this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sinew_multiaddr::Address;

/// Returns the addresses at which a host that listens on `address` can be dialed.
///
/// For an unspecified address these are the addresses of this machine's interfaces of the same family, those
/// of the machine itself (loopback) last; for any other it is the address. Link-local IPv6 addresses are
/// left out: without a zone, which a multiaddr does not carry, they cannot be dialed.
pub fn dialable(address: &Address) -> Vec<Address> {
    if !address.is_unspecified() {
        return vec![address.clone()];
    }
    let is_ipv4 = address.ip().is_some_and(|ip| ip.is_ipv4());
    let mut ips: Vec<_> = interface_ips()
        .into_iter()
        .filter(|ip| ip.is_ipv4() == is_ipv4 && !is_tied_to_a_link(*ip))
        .collect();
    if ips.is_empty() && is_ipv4 {
        ips.push(Ipv4Addr::LOCALHOST.into());
    } else if ips.is_empty() {
        ips.push(Ipv6Addr::LOCALHOST.into());
    }
    ips.sort_by_key(|ip| (ip.is_loopback(), *ip));
    ips.dedup();
    ips.into_iter()
        .map(|ip| address.clone().with_ip(ip))
        .collect()
}

/// Returns nothing where the system does not tell.
fn interface_ips() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(if_addrs::Interface::ip).collect()
}

fn is_tied_to_a_link(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests;
