//! What the peer's transport parameters say that quinn-proto keeps to itself.

use std::time::Duration;

use quinn_proto::{VarInt, coding::Codec as _, transport_parameters::TransportParameters};

/// The peer's transport parameters that we act upon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerParameters {
    /// Silence after which the peer gives up; `None` when it never does.
    pub max_idle_timeout: Option<Duration>,
    /// Bytes that we may send at first on a stream that we open; 0 when it does not say.
    pub stream_window: u64,
}

impl PeerParameters {
    /// Reads them by way of their encoded form, the only one that quinn-proto lets out.
    #[must_use]
    pub fn read(parameters: &TransportParameters) -> Self {
        let mut encoded = Vec::new();
        parameters.write(&mut encoded);
        Self::parse(&encoded).unwrap_or_default()
    }

    /// Reads their encoded form; `None` if it is cut off.
    #[must_use]
    // [RFC 9000 §18] A sequence of identifier, length and value.
    pub fn parse(mut input: &[u8]) -> Option<Self> {
        let mut parsed = Self::default();
        while !input.is_empty() {
            let id = VarInt::decode(&mut input).ok()?.into_inner();
            let len = usize::try_from(VarInt::decode(&mut input).ok()?.into_inner()).ok()?;
            let (mut value, rest) = input.split_at_checked(len)?;
            input = rest;
            if id == INITIAL_MAX_STREAM_DATA_BIDI_REMOTE {
                parsed.stream_window = VarInt::decode(&mut value).ok()?.into_inner();
            } else if id == MAX_IDLE_TIMEOUT {
                // [RFC 9000 §10.1] Zero is the same as nothing.
                let millis = VarInt::decode(&mut value).ok()?.into_inner();
                parsed.max_idle_timeout = (millis > 0).then(|| Duration::from_millis(millis));
            }
        }
        Some(parsed)
    }
}

const MAX_IDLE_TIMEOUT: u64 = 0x01;
const INITIAL_MAX_STREAM_DATA_BIDI_REMOTE: u64 = 0x06;

#[cfg(test)]
mod tests;
