//! Reads what clap does not know: addresses and the names of protocols.

use sinew::{Address, Protocol};
use sinew_multiaddr::TransportKind;

use crate::failure::sentence;

/// Reads an address of a peer.
pub(super) fn dial(text: &str) -> Result<Address, String> {
    let address: Address = text.parse().map_err(with_causes)?;
    address.check_dial().map_err(with_causes)?;
    check_transport(&address, "dialed")?;
    Ok(address)
}

/// Reads an address of this machine.
pub(super) fn listen(text: &str) -> Result<Address, String> {
    let address: Address = text.parse().map_err(with_causes)?;
    address.check_listen().map_err(with_causes)?;
    if address.peer_id().is_some() {
        return Err("an address to listen on ends before /p2p; the key decides who listens".into());
    }
    check_transport(&address, "listened on")?;
    Ok(address)
}

pub(super) fn protocol(text: &str) -> Result<Protocol, String> {
    text.parse().map_err(with_causes)
}

fn check_transport(address: &Address, done: &str) -> Result<(), String> {
    let kind = match address.transport() {
        // A name of addresses is looked up first; they tell.
        Some(TransportKind::QuicV1 | TransportKind::Tcp) | None => return Ok(()),
        Some(TransportKind::Memory) => "/memory",
        Some(_) => "such an address",
    };
    Err(format!(
        "{kind} cannot be {done}; give an address with /udp/PORT/quic-v1 or /tcp/PORT"
    ))
}

/// clap prints an error without its causes.
fn with_causes(error: impl std::error::Error) -> String {
    sentence(&error)
}
