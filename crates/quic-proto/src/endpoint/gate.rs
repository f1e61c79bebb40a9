//! The look at a datagram before any cryptography.

/// Returns whether a datagram asks an endpoint to do something for a stranger.
///
/// True for the first packet of a handshake, repetitions included, and for a version of QUIC that we
/// do not speak. This is the place to count datagrams by source address and to drop those of a flood:
/// it reads six bytes, where the endpoint derives keys.
#[must_use]
pub fn opens_connection(datagram: &[u8]) -> bool {
    // [RFC 9000 §17.2] Long headers have the first bit set, then a version in four bytes.
    let Some(([first], rest)) = datagram.split_first_chunk::<1>() else {
        return false;
    };
    let Some((version, _)) = rest.split_first_chunk::<4>() else {
        return false;
    };
    let is_long = first & 0x80 != 0;
    match u32::from_be_bytes(*version) {
        // A Version Negotiation packet answers, it does not ask.
        0 => false,
        // [RFC 9000 §17.2.2] Type 0 is Initial.
        1 => is_long && first & 0x30 == 0,
        _ => is_long,
    }
}

#[cfg(test)]
mod tests;
