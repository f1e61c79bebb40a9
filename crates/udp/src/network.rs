//! Binding.

use std::{io, net::SocketAddr, sync::Arc};

use sinew_runtime::{UdpNetwork, UdpOptions, UdpSocket};
use socket2::{Domain, Protocol, Socket, Type};

use crate::socket::OsSocket;

/// The operating system's UDP, driven by tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsUdp;

impl UdpNetwork for OsUdp {
    fn bind(&self, address: SocketAddr, options: UdpOptions) -> io::Result<Arc<dyn UdpSocket>> {
        match bind(address, &options) {
            Ok(socket) => Ok(Arc::new(socket)),
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!("bind UDP {address}: {error}"),
            )),
        }
    }
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
