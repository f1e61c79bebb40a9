//! The host, which speaks the one stack that the options name.

use sinew::tcp::SecurityProtocol;
use sinew::{Address, Host, Keypair};

use crate::error::Error;
use crate::{Options, Security, Transport};

/// Starts a host with a fresh identity.
pub(crate) async fn start(options: &Options, listen: Option<Address>) -> Result<Host, Error> {
    start_as(identity(None), options, listen).await
}

/// Starts a host that is whoever `identity` says.
pub(crate) async fn start_as(
    identity: Keypair,
    options: &Options,
    listen: Option<Address>,
) -> Result<Host, Error> {
    let mut builder = Host::builder(identity);
    builder = match options.transport {
        Transport::Quic => {
            let mut config = sinew::quic::Config::default();
            if options.small_datagrams {
                config.protocol.max_loopback_mtu = 0;
            }
            builder.without_tcp().quic(config)
        }
        Transport::Tcp => {
            let mut config = sinew::tcp::Config::default();
            config.protocol.securities = vec![match options.security {
                Security::Noise => SecurityProtocol::Noise,
                Security::Tls => SecurityProtocol::Tls,
            }];
            builder.without_quic().tcp(config)
        }
    };
    if let Some(address) = listen {
        builder = builder.listen(address);
    }
    Ok(builder.start().await?)
}

/// Returns a fresh identity, or the one that follows from the seed.
pub(crate) fn identity(seed: Option<u8>) -> Keypair {
    match seed {
        Some(seed) => Keypair::ed25519_from_secret([seed; 32]),
        None => Keypair::generate_ed25519(),
    }
}

/// Returns an address of loopback. Where the port is 0, the system chooses one.
pub(crate) fn loopback(transport: Transport, port: u16) -> Result<Address, Error> {
    let text = match transport {
        Transport::Quic => format!("/ip4/127.0.0.1/udp/{port}/quic-v1"),
        Transport::Tcp => format!("/ip4/127.0.0.1/tcp/{port}"),
    };
    Ok(text.parse()?)
}
