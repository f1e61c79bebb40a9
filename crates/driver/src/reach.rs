//! From which local addresses a remote one can be reached.

use std::net::IpAddr;

/// Says whether packets from a socket bound to `local` can have `remote` as their destination.
pub fn can_reach(local: IpAddr, remote: IpAddr) -> bool {
    local.is_ipv4() == remote.is_ipv4()
        && (local.is_unspecified() || local.is_loopback() == remote.is_loopback())
}
