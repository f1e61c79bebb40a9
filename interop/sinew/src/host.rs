//! The host, which speaks the one stack that the options name.

use sinew::tcp::SecurityProtocol;
use sinew::{Address, Host, Keypair};

use crate::error::Error;
use crate::{Options, Security, Transport};

/// Starts a host with a fresh identity.
pub(crate) async fn start(options: &Options, listen: Option<Address>) -> Result<Host, Error> {
    let mut builder = Host::builder(Keypair::generate_ed25519());
    builder = match options.transport {
        Transport::Quic => builder.without_tcp(),
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

/// Returns the loopback address on which the system chooses a port.
pub(crate) fn any_port(transport: Transport) -> Result<Address, Error> {
    let text = match transport {
        Transport::Quic => "/ip4/127.0.0.1/udp/0/quic-v1",
        Transport::Tcp => "/ip4/127.0.0.1/tcp/0",
    };
    Ok(text.parse()?)
}
