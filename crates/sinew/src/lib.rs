//! A libp2p host in ten lines.
//!
//! # Where it sits
//!
//! Layer 6, the facade: it wires transports, the swarm and protocols to a [`Host`] and decides nothing by
//! itself. Everything that it is made of can be used without it.
//!
//! # The mental model
//!
//! A host is a key pair. Others know it by the [`PeerId`] that follows from the key, reach it at an
//! [`Address`], and prove who they are in every handshake. Over a connection either side opens as many
//! [`Stream`]s as it likes, each for a [`Protocol`] that is agreed on when the stream is opened.
//!
//! ```no_run
//! # #[cfg(feature = "quic")]
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sinew::Keypair;
//!
//! let host = sinew::Host::builder(Keypair::generate_ed25519())
//!     .listen("/ip4/0.0.0.0/udp/4001/quic-v1".parse()?)
//!     .start().await?;
//!
//! host.serve("/echo/1.0.0", |mut stream| async move { stream.copy_back().await });
//!
//! let peer = host.connect("/ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooW…".parse()?).await?;
//! let mut stream = host.open_stream(peer, "/echo/1.0.0").await?;
//! # stream.finish()?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "quic"))]
//! # fn main() {}
//! ```
//!
//! What can be done with a stream is told at [`Stream`]: read and write, finish or reset. A stream that is
//! dropped unfinished is reset, so that half a message never looks like a whole one.
//!
//! # Features
//!
//! | feature | adds | default |
//! |---|---|---|
//! | `quic` | the QUIC transport, over the operating system's UDP | yes |
//! | `tcp` | the TCP transport, with TLS or Noise, and Yamux | yes |
//! | `dns` | looks up names in addresses with the system's name servers, or with others | yes |
//! | `ping` | answers pings; `Host::ping` | yes |
//! | `identify` | says who we are, also when that changes; `Host::identify` | yes |
//! | `echo` | the module `echo` | |
//! | `file-transfer` | the module `file_transfer` | |
//! | `perf` | the module `perf` | |
//!
//! Without `quic` and `tcp` a host needs a transport of yours: [`HostBuilder::transport`] takes whatever implements
//! [`Transport`], the in-memory one ([`memory`]) for example:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use sinew::{Host, Keypair, Runtime, memory::MemoryNetwork};
//!
//! let network = MemoryNetwork::new(Runtime::tokio());
//! let start = async |key: Keypair| {
//!     let transport = network.transport(key.peer_id());
//!     let builder = Host::builder(key).transport(Arc::new(transport));
//!     builder.listen("/memory/0".parse().expect("an address")).start().await
//! };
//! let (alice, bob) = (
//!     start(Keypair::generate_ed25519()).await?,
//!     start(Keypair::generate_ed25519()).await?,
//! );
//!
//! bob.serve("/upper/1.0.0", |mut stream| async move {
//!     let text = stream.read_to_end(1024).await?;
//!     stream.write_all(&text.to_ascii_uppercase()).await?;
//!     stream.finish()?;
//!     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
//! });
//!
//! let peer = alice.connect(bob.listen_addresses().remove(0)).await?;
//! let mut stream = alice.open_stream(peer, "/upper/1.0.0").await?;
//! stream.write_all(b"hello").await?;
//! stream.finish()?;
//! assert_eq!(stream.read_to_end(1024).await?, b"HELLO");
//! # Ok(())
//! # }
//! ```
//!
//! # Limits and non-goals
//!
//! There is no peer store, no pool and no retry. A tokio runtime is
//! needed unless the runtime, the network and the transports are all of your making.
//!
//! # Specs
//!
//! [libp2p/specs](https://github.com/libp2p/specs).
#![forbid(unsafe_code)]

mod builder;
mod chance;
#[cfg(feature = "dns")]
mod dns_resolver;
mod handler_output;
mod host;
#[cfg(feature = "identify")]
mod identify_service;
mod interfaces;
#[cfg(feature = "ping")]
mod ping_service;
#[cfg(feature = "quic")]
mod quic_transport;
#[cfg(all(doctest, feature = "quic"))]
mod readme;
#[cfg(feature = "tcp")]
mod tcp_transport;

pub use builder::{HostBuilder, StartError};
pub use handler_output::HandlerOutput;
pub use host::Host;
#[cfg(feature = "identify")]
pub use identify_service::{Identified, IdentifyError, PeerIdentified};
pub use interfaces::dialable;
#[cfg(feature = "ping")]
pub use ping_service::{PingError, Pinger};

#[cfg(feature = "dns")]
pub use sinew_dns as dns;
#[cfg(feature = "echo")]
pub use sinew_echo as echo;
#[cfg(feature = "file-transfer")]
pub use sinew_file_transfer as file_transfer;
#[cfg(feature = "identify")]
pub use sinew_identify as identify;
pub use sinew_identity::{KeyType, Keypair, PeerId, PublicKey, key_file};
pub use sinew_multiaddr::{Address, AddressError, Multiaddr};
#[cfg(feature = "perf")]
pub use sinew_perf as perf;
#[cfg(feature = "ping")]
pub use sinew_ping as ping;
#[cfg(feature = "quic")]
pub use sinew_quic as quic;
pub use sinew_runtime::{IpFamily, Lookup, LookupError, Resolver, Runtime};
pub use sinew_swarm::{
    AllFailed, BlackHoleDetection, Block, Config, ConnectError, ConnectionInfo, DialDelays,
    DialFailure, Event, Events, FailedDial, Incoming, IntoProtocols, KindDelays, Limit,
    LimitExceeded, Limits, ListenError, ListenerHandle, ListenerId, LookupFailure, LookupLimits,
    OpenStreamError, PathKind, PathState, Question, Rate, Swarm,
};
#[cfg(feature = "tcp")]
pub use sinew_tcp as tcp;
pub use sinew_transport::negotiate::NegotiationError;
pub use sinew_transport::{
    Cause, CloseReason, ConnectionCode, ConnectionId, DialError, Direction,
    ListenError as TransportListenError, MuxerChoice, Phase, Protocol, ReadError, ReadExactError,
    ReadToEndError, Security, Stream, StreamCode, Transport, WriteError, memory,
};
