//! Frames by hand.

pub(crate) const SYN: u16 = 1;
pub(crate) const ACK: u16 = 2;
pub(crate) const FIN: u16 = 4;
pub(crate) const RST: u16 = 8;

/// [yamux §Flow Control] What may be sent on a stream at first.
pub(crate) const WINDOW: u32 = 256 << 10;

/// A header as the spec lays it out.
pub(crate) fn header(kind: u8, flags: u16, stream: u32, length: u32) -> Vec<u8> {
    let mut bytes = vec![0, kind];
    bytes.extend(flags.to_be_bytes());
    bytes.extend(stream.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes
}

pub(crate) fn data(stream: u32, flags: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(0, flags, stream, payload.len() as u32);
    bytes.extend(payload);
    bytes
}

pub(crate) fn update(stream: u32, flags: u16, credit: u32) -> Vec<u8> {
    header(1, flags, stream, credit)
}

pub(crate) fn ping(value: u32) -> Vec<u8> {
    header(2, SYN, 0, value)
}

pub(crate) fn pong(value: u32) -> Vec<u8> {
    header(2, ACK, 0, value)
}

pub(crate) fn go_away(code: u32) -> Vec<u8> {
    header(3, 0, 0, code)
}
