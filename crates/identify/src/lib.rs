//! The libp2p identify and identify-push protocols.
//!
//! # Where it sits
//!
//! Layer 4. It knows streams (`sinew-transport`), keys and addresses; who asks whom, and what is done with the
//! answers, is decided above.
//!
//! # The mental model
//!
//! ```text
//!  ask  ── stream on PROTOCOL ──────►  answer         Info ◄── messages ── LocalInfo
//!  push ── stream on PUSH_PROTOCOL ──► receive_push   LocalInfo ── messages ──► Info (a part; Info::update)
//! ```
//!
//! Peers differ in what they send: an empty protocol version, our own id behind the address at which they see us,
//! an address of another transport, addresses of kinds that this stack does not know. None of it is a reason to
//! fail. A key that is not the peer's is; a signed record that does not hold is ignored, and said.
//!
//! ```
//! use sinew_identify::LocalInfo;
//! use sinew_identity::Keypair;
//! use sinew_transport::Protocol;
//!
//! let local = LocalInfo {
//!     public_key: Keypair::generate_ed25519().public(),
//!     protocol_version: "ipfs/0.1.0".into(),
//!     agent_version: "my-program/1.0.0".into(),
//!     listen_addresses: vec!["/ip4/192.0.2.7/udp/4001/quic-v1".parse()?],
//!     protocols: vec![sinew_identify::PROTOCOL, Protocol::from_static("/echo/1.0.0")],
//!     signed_peer_record: None,
//! };
//! assert!(local.encode(None).len() <= LocalInfo::MAX_LEN);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits and non-goals
//!
//! At most 10 messages of 8 KiB and 64 KiB in all are read, 128 addresses and 512 protocols kept; what is sent
//! fits 4 KiB. There is no clock here: who asks sets a time limit.
//!
//! # Specs
//!
//! [identify](https://github.com/libp2p/specs/blob/master/identify/README.md),
//! [signed envelopes](https://github.com/libp2p/specs/blob/master/RFC/0002-signed-envelopes.md),
//! [peer records](https://github.com/libp2p/specs/blob/master/RFC/0003-routing-records.md).
#![forbid(unsafe_code)]

mod error;
mod exchange;
mod info;
mod local_info;
mod message;

pub use error::{IdentifyError, RecordError, Violation};
pub use exchange::{answer, ask, push, receive_push};
pub use info::Info;
pub use local_info::LocalInfo;

use sinew_transport::Protocol;

/// The protocol on which a peer is asked about itself.
pub const PROTOCOL: Protocol = Protocol::from_static("/ipfs/id/1.0.0");

/// The protocol on which a peer says by itself what changed.
pub const PUSH_PROTOCOL: Protocol = Protocol::from_static("/ipfs/id/push/1.0.0");
