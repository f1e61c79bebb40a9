//! Typed libp2p addresses and peer records.
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
