//! Which transports and security protocols a command may use.

use clap::{Args, ValueEnum, error::ErrorKind};
use sinew::{Address, HostBuilder, tcp::SecurityProtocol};
use sinew_multiaddr::TransportKind;

/// Narrows how connections are made.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Stack {
    /// Use this transport alone [default: both; of a peer's addresses QUIC is tried first]
    #[arg(long, value_name = "NAME", value_enum)]
    transport: Option<Transport>,
    /// Secure connections with this protocol alone [default: TLS, or Noise where the peer has no TLS; over QUIC it
    /// is always TLS]
    #[arg(long, value_name = "NAME", value_enum)]
    security: Option<Security>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Transport {
    Quic,
    Tcp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Security {
    Noise,
    Tls,
}

impl Stack {
    /// Returns the stacks that `sinew demo` shows, with their names.
    pub(crate) const EACH: [(&'static str, Self); 3] = [
        ("QUIC", Self::of(Transport::Quic, None)),
        ("TCP + TLS", Self::of(Transport::Tcp, Some(Security::Tls))),
        (
            "TCP + Noise",
            Self::of(Transport::Tcp, Some(Security::Noise)),
        ),
    ];

    const fn of(transport: Transport, security: Option<Security>) -> Self {
        Self {
            transport: Some(transport),
            security,
        }
    }

    /// Returns whether QUIC may be used.
    pub(crate) fn has_quic(self) -> bool {
        self.transport != Some(Transport::Tcp) && self.security != Some(Security::Noise)
    }

    /// Returns whether TCP may be used.
    pub(crate) fn has_tcp(self) -> bool {
        self.transport != Some(Transport::Quic)
    }

    /// Returns whether `address` may be dialed.
    pub(crate) fn takes(self, address: &Address) -> bool {
        match address.transport() {
            Some(TransportKind::QuicV1) => self.has_quic(),
            Some(TransportKind::Tcp) => self.has_tcp(),
            // What a name stands for is found later, and narrowed then.
            _ => true,
        }
    }

    /// Leaves out what may not be used.
    pub(crate) fn narrow(self, builder: HostBuilder) -> HostBuilder {
        let builder = if self.has_quic() {
            builder
        } else {
            builder.without_quic()
        };
        if self.has_tcp() {
            builder
        } else {
            builder.without_tcp()
        }
    }

    /// Returns the security protocols for TCP, the best first.
    pub(crate) fn securities(self) -> Vec<SecurityProtocol> {
        match self.security {
            None => SecurityProtocol::ALL.to_vec(),
            Some(Security::Noise) => vec![SecurityProtocol::Noise],
            Some(Security::Tls) => vec![SecurityProtocol::Tls],
        }
    }

    /// Finds what cannot be done together, among the options and with `addresses`.
    pub(super) fn check<'a>(
        self,
        addresses: impl IntoIterator<Item = &'a Address>,
    ) -> Result<(), clap::Error> {
        if !self.has_quic() && !self.has_tcp() {
            let message = "--security noise is for TCP, and --transport quic leaves it out: QUIC has TLS of its own";
            return Err(conflict(message.into()));
        }
        if let Some(address) = addresses.into_iter().find(|address| !self.takes(address)) {
            let options = self.options();
            return Err(conflict(format!("{options} leaves out {address}")));
        }
        Ok(())
    }

    /// Returns what was typed.
    fn options(self) -> String {
        let transport = match self.transport {
            Some(Transport::Quic) => Some("--transport quic"),
            Some(Transport::Tcp) => Some("--transport tcp"),
            None => None,
        };
        let security = match self.security {
            Some(Security::Noise) => Some("--security noise"),
            Some(Security::Tls) => Some("--security tls"),
            None => None,
        };
        let options: Vec<_> = transport.into_iter().chain(security).collect();
        options.join(" with ")
    }
}

fn conflict(message: String) -> clap::Error {
    clap::Error::raw(ErrorKind::ArgumentConflict, message + "\n")
}
