//! Why listening failed.

use sinew_multiaddr::{Address, Unlistenable};
use sinew_transport as transport;

/// Why listening on an address failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The address stands for no place to listen at.
    #[error("cannot listen on {address}")]
    Unlistenable {
        /// The address.
        address: Address,
        /// What is wrong with it.
        #[source]
        source: Unlistenable,
    },
    /// The address names another peer.
    #[error("the address {address} names another peer than this host")]
    AddressOfAnother {
        /// The address.
        address: Address,
    },
    /// The transport could not listen.
    #[error(transparent)]
    Transport(#[from] transport::ListenError),
    /// This host is shutting down.
    #[error("this host is shutting down")]
    ShuttingDown,
}
