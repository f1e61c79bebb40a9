//! Who to dial, what to keep, what to refuse, what to tell the user.
//!
//! # Where it sits
//!
//! Layer 5. It knows the port `sinew-transport` and no transport. The facade `sinew` gives it transports and
//! protocols; it is a control plane, and no payload crosses it.
//!
//! # The mental model
//!
//! ```text
//!  Swarm (handle) ─┐                        ┌─ Runner: the one task; listeners, connection events, shutdown
//!  Race (a caller  ├──►  Hub (shared)  ◄────┤
//!  dials)         ─┘   table, limits, events└─ Acceptor: the transport serves inbound streams in its turn
//! ```
//!
//! * **Dialing** happens in the callers' own futures: all who wait for one peer share one attempt, and when the
//!   last of them stops waiting it is gone, with its dials, its permits and its entry. The addresses of a peer
//!   race: better ones have a head start ([`DialDelays`]), the first connection is kept, every failure is told.
//! * **Names** (`/dns…`, `/dnsaddr`) are looked up inside the attempt, within bounds ([`LookupLimits`]); what is
//!   found joins the race as it is found, so that a slow name holds up nothing but itself.
//! * **Black holes** are noticed: when hardly any of the last dials over UDP, or over IPv6, succeeded, such
//!   addresses are skipped but for a probe now and then, and where there is no other way
//!   ([`BlackHoleDetection`]).
//! * **Connections** are kept by number and by peer. New streams go to a peer's newest connection; connections
//!   that two peers made at the same moment are both kept.
//! * **Inbound streams** are negotiated and served in one future, which the transport polls in the turn in which
//!   their bytes arrived.
//! * **Limits** are permits that give themselves back when they are dropped ([`Limits`], [`Usage`]).
//! * **Events** are told in the order in which the state changed, to every reader, within a bound ([`Events`]).
//! * **Policies** (what to dial and when, whom to admit, which connection to use) are pure modules; the runner
//!   and the callers own clocks and tasks.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use sinew_identity::Keypair;
//! use sinew_runtime::Runtime;
//! use sinew_swarm::{Config, Swarm, SwarmParameters};
//! use sinew_transport::{Protocol, memory::MemoryNetwork};
//!
//! const ECHO: Protocol = Protocol::from_static("/echo/1.0.0");
//!
//! let network = MemoryNetwork::new(Runtime::tokio());
//! let start = |keypair: Keypair| Swarm::start(SwarmParameters {
//!     local_peer: keypair.peer_id(),
//!     transports: vec![Arc::new(network.transport(keypair.peer_id()))],
//!     resolver: None,
//!     runtime: Runtime::tokio(),
//!     config: Config::default(),
//! });
//! let (alice, bob) = (start(Keypair::generate_ed25519()), start(Keypair::generate_ed25519()));
//!
//! bob.serve(ECHO, |mut stream| async move { stream.copy_back().await.ok(); });
//! let listener = bob.listen("/memory/0".parse()?).await?;
//!
//! let connected = alice.connect_address(listener.address().clone()).await?;
//! let mut stream = alice.open_stream(connected.peer, ECHO).await?;
//! stream.write_all(b"hello").await?;
//! stream.finish()?;
//! assert_eq!(stream.read_to_end(64).await?, b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! # Limits and non-goals
//!
//! Names are looked up with what the host was given for it, and remembered there alone. There is no pool, no retry and no
//! peer store here.
//!
//! # Specs
//!
//! [Connections](https://github.com/libp2p/specs/blob/master/connections/README.md),
//! [addressing](https://github.com/libp2p/specs/blob/master/addressing/README.md),
//! [dnsaddr](https://github.com/multiformats/multiaddr/blob/master/protocols/DNSADDR.md),
//! [RFC 8305](https://www.rfc-editor.org/rfc/rfc8305).
#![forbid(unsafe_code)]

mod accounted;
mod admission;
mod black_holes;
mod broadcast;
mod candidate;
mod config;
mod connect_error;
mod crowd;
mod detour;
mod dial;
mod dial_delays;
mod dial_plan;
mod door;
mod event;
mod expiry;
mod hub;
mod inbound;
mod incoming;
mod ledger;
mod limits;
mod listen_error;
mod listener;
mod live;
mod lookup_failure;
mod lookup_limits;
mod lookups;
mod meter;
mod open_stream_error;
mod origin;
mod outbound;
mod path;
mod protocols;
mod race;
mod rate;
mod registry;
mod resolution;
mod runner;
mod swarm;
mod table;
mod watch;
mod within;

pub use broadcast::Events;
pub use config::Config;
pub use connect_error::{AllFailed, ConnectError, DialFailure, FailedDial};
pub use dial::Connected;
pub use dial_delays::{DialDelays, KindDelays};
pub use event::Event;
pub use incoming::Incoming;
pub use ledger::Usage;
pub use limits::{Limit, LimitExceeded, Limits};
pub use listen_error::ListenError;
pub use listener::{ListenerHandle, ListenerId};
pub use lookup_failure::{LookupFailure, Question};
pub use lookup_limits::LookupLimits;
pub use open_stream_error::OpenStreamError;
pub use origin::Block;
pub use path::{BlackHoleDetection, PathKind, PathState};
pub use protocols::IntoProtocols;
pub use rate::Rate;
pub use swarm::{ConnectionInfo, Swarm, SwarmParameters};
