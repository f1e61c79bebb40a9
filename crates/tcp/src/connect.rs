//! Getting a socket to a remote host, from the right port.

use std::{io, net::SocketAddr, pin::pin};

use futures_util::future::{Either, select};
use sinew_runtime::{TcpOptions, TcpStream};
use sinew_transport::{DialError, PortUse};
use tracing::trace;

use crate::{
    close_reason::{connect_error, no_answer},
    transport::Inner,
};

impl Inner {
    /// Connects within the time that there is for it, unless the transport is shut down first. Says from which
    /// port.
    pub(crate) async fn connect(
        &self,
        remote: SocketAddr,
        port: PortUse,
    ) -> Result<(Box<dyn TcpStream>, PortUse), DialError> {
        let started = self.runtime.now();
        let limit = self.config.connect_timeout;
        let connecting = pin!(self.runtime.timeout(limit, self.connect_from(remote, port)));
        let closed = pin!(self.roster.closed());
        match select(closed, connecting).await {
            Either::Left(_) => Err(DialError::TransportClosed),
            Either::Right((Ok(Ok(connected)), _)) => Ok(connected),
            Either::Right((Ok(Err(error)), _)) => {
                let took = self.runtime.now().saturating_duration_since(started);
                Err(connect_error(error, remote, took))
            }
            Either::Right((Err(_elapsed), _)) => Err(no_answer(limit)),
        }
    }

    /// Connects from a port that listens, or else from a new one.
    async fn connect_from(
        &self,
        remote: SocketAddr,
        port: PortUse,
    ) -> io::Result<(Box<dyn TcpStream>, PortUse)> {
        let listening = self.roster.listening(remote);
        let shared = listening.filter(|_| port == PortUse::Shared);
        if let Some(local) = shared {
            match self
                .network
                .connect(remote, self.options(Some(local)))
                .await
            {
                Ok(socket) if !is_self(&*socket) => return Ok((socket, PortUse::Shared)),
                Ok(_itself) => trace!(%local, %remote, "a shared port found itself"),
                Err(error) if is_about_port(&error) => {
                    trace!(%error, %local, %remote, "a shared port cannot be used");
                }
                Err(error) => return Err(error),
            }
        }
        let socket = self.network.connect(remote, self.options(None)).await?;
        Ok((socket, PortUse::New))
    }

    fn options(&self, local: Option<SocketAddr>) -> TcpOptions {
        let mut options = self.config.tcp.clone();
        options.local = local;
        options
    }
}

/// Whether another local port may help: the pair of addresses is in use, the platform shares no ports, or the peer
/// dialed us from its end of the pair and has given up since.
fn is_about_port(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrInUse
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::InvalidInput
    )
}

/// Whether a socket is connected to itself, which TCP allows.
fn is_self(socket: &dyn TcpStream) -> bool {
    match (socket.local_addr(), socket.peer_addr()) {
        (Ok(local), Ok(remote)) => local == remote,
        _ => false,
    }
}
