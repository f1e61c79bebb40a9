//! Typed libp2p addresses and peer records.
//!
//! Layer 1, above [`sinew_identity`]. Above it are the transports, which dial and listen on an
//! [`Address`]; identify, which passes [`Multiaddr`]s on; and the swarm, which keeps both by peer.
//!
//! # The mental model
//!
//! An [`Address`] is understood: it has a [`Target`] (a host with a transport, a name whose records
//! hold the addresses, or a listener in this process) and perhaps the peer that is expected there.
//! What cannot be dialed or listened on by some transport of this stack is no `Address`, and the
//! error names the component that does not belong and what was expected in its place.
//!
//! A [`Multiaddr`] is whatever a peer says its address is. It is kept and passed on, understood or
//! not; `Address::try_from` tells which.
//!
//! A [`PeerRecord`] is a list of addresses that a peer has signed.
//!
//! ```
//! use sinew_identity::Keypair;
//! use sinew_multiaddr::{Address, AddressError, Multiaddr, PeerRecord, TransportKind};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let peer = Keypair::ed25519_from_secret([7; 32]);
//! let address: Address = "/ip4/192.0.2.7/udp/4001/quic-v1".parse()?;
//! address.check_dial()?;
//! assert_eq!(address.transport(), Some(TransportKind::QuicV1));
//! assert_eq!(address.socket_addr(), Some("192.0.2.7:4001".parse()?));
//!
//! let full = address.with_peer(peer.peer_id());
//! assert_eq!(full.to_string().parse(), Ok(full.clone()));
//!
//! let draft = "/ip4/192.0.2.7/udp/4001/quic".parse::<Address>();
//! assert_eq!(draft, Err(AddressError::QuicDraft29));
//!
//! let record = PeerRecord {
//!     peer_id: peer.peer_id(),
//!     seq: 1,
//!     addresses: vec![Multiaddr::from(&full)],
//! };
//! assert_eq!(PeerRecord::open(&record.seal(&peer)?)?, record);
//! # Ok(())
//! # }
//! ```
//!
//! # Limits and non-goals
//!
//! - Names are carried and not looked up. [`Address::with_ip`] takes the answer, and [`Host::admits`]
//!   tells which answers fit.
//! - IPv6 zones (`/ip6zone`) are refused: they have a meaning on one machine alone.
//! - QUIC draft-29 (`/quic`) is refused. WebSocket, WebTransport, WebRTC and relayed addresses are
//!   `Multiaddr`s but no `Address`es; [`Target`] has room for them.
//! - Lengths are bounded: [`Multiaddr::MAX_LEN`], [`Address::MAX_TEXT_LEN`],
//!   [`PeerRecord::MAX_ADDRESSES`].
//! - No type of the `multiaddr` crate or of another crate's peer ids appears here: they are converted
//!   in one private file.
//!
//! The feature `serde` reads and writes addresses as text, or as bytes in binary formats.
//!
//! # Specifications
//!
//! [Multiaddr], [addressing in libp2p], [peer records].
//!
//! [Multiaddr]: https://github.com/multiformats/multiaddr/blob/master/README.md
//! [addressing in libp2p]: https://github.com/libp2p/specs/blob/master/addressing/README.md
//! [peer records]: https://github.com/libp2p/specs/blob/master/RFC/0003-routing-records.md
#![forbid(unsafe_code)]

mod address;
mod error;
mod foreign;
mod host;
mod multiaddr;
mod part;
mod peer_record;

pub use address::{Address, Target, TransportKind};
pub use error::{AddressError, Component, Undialable, Unlistenable};
pub use host::{Host, Name, NameError};
pub use multiaddr::{Multiaddr, MultiaddrError};
pub use peer_record::{PeerRecord, PeerRecordError, SealRecordError};
