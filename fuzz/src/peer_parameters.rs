//! A peer's transport parameters.

use quinn_proto::{Side, transport_parameters::TransportParameters};
use sinew_quic_proto::PeerParameters;

/// Reads `data` as transport parameters, as a client or a server encodes them, as the first byte wants it.
///
/// # Panics
///
/// Panics when quinn-proto takes them, and what is read by way of it differs from what they say.
pub fn peer_parameters(data: &[u8]) {
    let Some((&mode, input)) = data.split_first() else {
        return;
    };
    let said = PeerParameters::parse(input);
    let side = if mode.is_multiple_of(2) {
        Side::Server
    } else {
        Side::Client
    };
    if let Ok(parameters) = TransportParameters::read(side, &mut &*input) {
        assert_eq!(said, Some(PeerParameters::read(&parameters)));
    }
}
