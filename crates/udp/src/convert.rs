//! Between the words of `quinn-udp` and those of the port.

use quinn_udp::{EcnCodepoint, RecvMeta};
use sinew_runtime::{Ecn, ReceivedMeta};

/// A buffer of this size cannot be too small for anything that UDP carries.
const MAX_UDP_BYTES: usize = 65_535;

/// Says what arrived in a buffer of `buffer_len` bytes, without a datagram that did not fit.
///
/// A batched receive does not tell which datagrams were cut short, but those fill their buffer; so the
/// last datagram of a filled buffer is not counted.
pub(crate) fn received(raw: &RecvMeta, buffer_len: usize) -> ReceivedMeta {
    let stride = raw.stride.max(1);
    let mut len = raw.len.min(buffer_len);
    if len == buffer_len && buffer_len < MAX_UDP_BYTES {
        len = len.saturating_sub(1) / stride * stride;
    }
    ReceivedMeta {
        remote: raw.addr,
        local_ip: raw.dst_ip,
        ecn: raw.ecn.map(ecn_from_wire),
        len,
        stride,
    }
}

pub(crate) fn ecn_to_wire(ecn: Ecn) -> EcnCodepoint {
    match ecn {
        Ecn::Ect0 => EcnCodepoint::Ect0,
        Ecn::Ect1 => EcnCodepoint::Ect1,
        Ecn::Ce => EcnCodepoint::Ce,
    }
}

fn ecn_from_wire(ecn: EcnCodepoint) -> Ecn {
    match ecn {
        EcnCodepoint::Ect0 => Ecn::Ect0,
        EcnCodepoint::Ect1 => Ecn::Ect1,
        EcnCodepoint::Ce => Ecn::Ce,
    }
}

#[cfg(test)]
mod tests;
