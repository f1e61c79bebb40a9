//! Binding, and what loopback carries.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::Arc,
};

use quinn_udp::UdpSocketState;
use sinew_runtime::{UdpNetwork, UdpOptions};
use socket2::{Domain, Protocol, Socket, Type};

use crate::socket::OsSocket;

/// The operating system's UDP, driven by tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsUdp;

impl UdpNetwork for OsUdp {
    fn bind(
        &self,
        address: SocketAddr,
        options: UdpOptions,
    ) -> io::Result<Arc<dyn sinew_runtime::UdpSocket>> {
        match bind(address, &options) {
            Ok(socket) => Ok(Arc::new(socket)),
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!("bind UDP {address}: {error}"),
            )),
        }
    }

    /// Sends one to itself, since the system says how large an interface's packets are in ways of its own.
    fn carries_over_loopback(&self, bytes: u16) -> bool {
        let families = [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ];
        families
            .into_iter()
            .any(|ip| sends_to_itself(ip, bytes).is_ok())
    }
}

/// Fails where the system has no such family, or would have to split the datagram.
fn sends_to_itself(ip: IpAddr, bytes: u16) -> io::Result<()> {
    let socket = UdpSocket::bind(SocketAddr::new(ip, 0))?;
    let own = socket.local_addr()?;
    // This forbids to split.
    let state = UdpSocketState::new((&socket).into())?;
    if state.may_fragment() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    socket.send_to(&vec![0; bytes.into()], own)?;
    Ok(())
}

fn bind(address: SocketAddr, options: &UdpOptions) -> io::Result<OsSocket> {
    // tokio would panic.
    tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    OsSocket::new(socket, options)
}
