//! Raw quinn: mutual TLS 1.3 with self-signed P-256 certificates, AES-128-GCM first, no negotiation.
//!
//! The handshake signature is checked and nothing else of the certificate, so a libp2p certificate's own checks
//! are work that this baseline does not do.

mod certificate;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use quinn::{
    ClientConfig, Endpoint, EndpointConfig, Incoming, RecvStream, SendStream, TokioRuntime,
    TransportConfig,
};
use socket2::SockRef;

use crate::{Buffers, Settings, system, work};

pub(crate) struct Quinn {
    endpoint: Endpoint,
    server: SocketAddr,
}

#[derive(Clone)]
pub(crate) struct Connection(quinn::Connection);

pub(crate) struct Stream {
    send: SendStream,
    receive: RecvStream,
}

impl system::System for Quinn {
    type Connection = Connection;

    async fn serve(settings: Settings) -> Result<String> {
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(certificate::server()?));
        config.transport_config(transport());
        let endpoint = endpoint(Some(config), settings)?;
        let address = endpoint.local_addr()?;
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                tokio::spawn(serve_connection(incoming, settings));
            }
        });
        Ok(address.to_string())
    }

    async fn client(server: &str, settings: Settings) -> Result<Self> {
        let mut config = ClientConfig::new(Arc::new(certificate::client()?));
        config.transport_config(transport());
        let mut endpoint = endpoint(None, settings)?;
        endpoint.set_default_client_config(config);
        Ok(Self {
            endpoint,
            server: server.parse()?,
        })
    }

    async fn connect(&self) -> Result<Connection> {
        let connection = self
            .endpoint
            .connect(self.server, certificate::NAME)?
            .await?;
        Ok(Connection(connection))
    }

    async fn connect_to(&self, server: &str) -> Result<Connection> {
        let connecting = self.endpoint.connect(server.parse()?, certificate::NAME)?;
        Ok(Connection(connecting.await?))
    }
}

async fn serve_connection(incoming: Incoming, settings: Settings) -> Result<()> {
    let connection = incoming.await?;
    loop {
        let (send, receive) = connection.accept_bi().await?;
        tokio::spawn(work::serve(Stream { send, receive }, settings.api));
    }
}

/// As rust-libp2p allows, so that 64 requests never wait for stream credit on either.
fn transport() -> Arc<TransportConfig> {
    let mut config = TransportConfig::default();
    config.max_concurrent_bidi_streams(256_u32.into());
    Arc::new(config)
}

/// quinn asks for no buffers, so its default is the kernel's.
fn endpoint(server: Option<quinn::ServerConfig>, settings: Settings) -> Result<Endpoint> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    if settings.buffers == Buffers::Granted {
        let socket = SockRef::from(&socket);
        socket.set_recv_buffer_size(GRANTED_BYTES)?;
        socket.set_send_buffer_size(GRANTED_BYTES)?;
    }
    let runtime = Arc::new(TokioRuntime);
    Ok(Endpoint::new(
        EndpointConfig::default(),
        server,
        socket,
        runtime,
    )?)
}

impl system::Connection for Connection {
    type Stream = Stream;

    async fn open(&self) -> Result<Stream> {
        let (send, receive) = self.0.open_bi().await?;
        Ok(Stream { send, receive })
    }

    async fn close(self) {
        self.0.close(0_u32.into(), b"");
    }
}

impl system::Stream for Stream {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        Ok(self.receive.read(buf).await?.unwrap_or(0))
    }

    async fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.send.write_all(bytes).await?)
    }

    async fn finish(&mut self) -> Result<()> {
        Ok(self.send.finish()?)
    }

    async fn read_bytes(&mut self, _scratch: &mut [u8]) -> Result<usize> {
        let mut chunks: [Bytes; 32] = Default::default();
        let count = self.receive.read_chunks(&mut chunks).await?.unwrap_or(0);
        Ok(chunks[..count].iter().map(Bytes::len).sum())
    }

    async fn write_bytes(&mut self, bytes: Bytes) -> Result<()> {
        Ok(self.send.write_chunk(bytes).await?)
    }
}

/// What we ask for by default.
const GRANTED_BYTES: usize = 4 << 20;
