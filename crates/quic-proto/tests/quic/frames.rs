//! What stands in the packets that a host sends.

/// Returns the largest number of streams that these frames allow, if they say one.
pub(crate) fn max_streams(frames: &[u8]) -> Option<u64> {
    let mut input = Reader(frames);
    let mut limit = None;
    while !input.0.is_empty() {
        // [RFC 9000 §19]
        match input.varint() {
            // PADDING, PING, HANDSHAKE_DONE, IMMEDIATE_ACK
            0x00 | 0x01 | 0x1e | 0x1f => {}
            // ACK, and with counts of congestion.
            kind @ (0x02 | 0x03) => {
                input.skip(2);
                let ranges = input.varint();
                input.skip(1 + 2 * ranges);
                input.skip(3 * (kind & 1));
            }
            // RESET_STREAM
            0x04 => input.skip(3),
            // STOP_SENDING, MAX_STREAM_DATA, STREAM_DATA_BLOCKED
            0x05 | 0x11 | 0x15 => input.skip(2),
            // CRYPTO
            0x06 => {
                input.skip(1);
                input.bytes();
            }
            // NEW_TOKEN
            0x07 => input.bytes(),
            // MAX_DATA, MAX_STREAMS of the other kind, blocked frames, RETIRE_CONNECTION_ID
            0x10 | 0x13 | 0x14 | 0x16 | 0x17 | 0x19 => input.skip(1),
            // MAX_STREAMS
            0x12 => limit = limit.max(Some(input.varint())),
            // NEW_CONNECTION_ID
            0x18 => {
                input.skip(2);
                let len = usize::from(input.0[0]);
                input.0 = &input.0[1 + len + 16..];
            }
            // ACK_FREQUENCY
            0xaf => input.skip(4),
            // PATH_CHALLENGE, PATH_RESPONSE
            0x1a | 0x1b => input.0 = &input.0[8..],
            other => panic!("{other:#x} was not expected of a host"),
        }
    }
    limit
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    // [RFC 9000 §16]
    fn varint(&mut self) -> u64 {
        let (bytes, rest) = self.0.split_at(1 << (self.0[0] >> 6));
        self.0 = rest;
        let first = u64::from(bytes[0] & 0x3f);
        let rest = bytes[1..].iter();
        rest.fold(first, |value, byte| value << 8 | u64::from(*byte))
    }

    fn skip(&mut self, varints: u64) {
        for _ in 0..varints {
            self.varint();
        }
    }

    fn bytes(&mut self) {
        let len = usize::try_from(self.varint()).unwrap();
        self.0 = &self.0[len..];
    }
}
