//! What a connection allows, and how it behaves.

use std::time::Duration;

use sinew_sans_io::BufferBudget;

use crate::connection::INITIAL_WINDOW;

/// The limits and times of a [`Connection`](crate::Connection).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Streams that the peer may have open at once; further ones are reset with libp2p's code 0x1002. 256:
    /// as over QUIC. Each lets the peer fill 256 KiB before we read.
    pub max_inbound_streams: u32,
    /// Streams that we have open at once. 256: together with as many of theirs they stay within the 512 at
    /// which rust-libp2p ends a connection.
    pub max_outbound_streams: u32,
    /// Streams that we open before the peer has acknowledged one of them. 256, what the spec asks for.
    pub max_unacknowledged_streams: u32,
    /// The receive window to which a stream may grow, in bytes, 256 KiB or more. 16 MiB, as go-libp2p:
    /// 2.5 Gbit/s at a round-trip time of 50 ms.
    pub max_stream_window: u32,
    /// Bytes by which all windows together may exceed 256 KiB each. 64 MiB. This and 256 KiB for each
    /// stream is the most memory that a peer can fill by sending what nobody reads: see
    /// [`max_receive_bytes`](Self::max_receive_bytes).
    pub window_growth: u32,
    /// Bytes of a stream that are kept until they are sent. 256 KiB: a few batches.
    pub stream_send_buffer: usize,
    /// Bytes of all streams that are kept until they are sent. 4 MiB: what a peer can fill by asking for
    /// much and reading nothing.
    pub send_buffer: usize,
    /// The largest payload of a frame that we send, in bytes, 1 to 1 MiB. 64 KiB: every implementation
    /// takes it, and some end a connection over more than 1 MiB.
    pub max_frame_payload: usize,
    /// How much [`poll_transmit`](sinew_sans_io::StreamMachine::poll_transmit) gathers in one call, in
    /// bytes, 13 or more. 64 KiB.
    pub max_transmit: usize,
    /// Answers to pings and refused streams that wait to be sent. 256: a peer within the limits of the spec
    /// is never owed more. Input is left unused while there are as many.
    pub max_replies: usize,
    /// Silence after which the peer is pinged; `None` for never. 30 s, as go-libp2p.
    pub keep_alive: Option<Duration>,
    /// Silence after a ping that ends the connection. 20 s.
    pub ping_timeout: Duration,
    /// How long a finished stream that nobody holds may stand still before it is reset. 30 s.
    pub linger_timeout: Duration,
    /// What may wait here besides what the fields above allow. Unbounded.
    ///
    /// Windows grow only as far as it goes, and to half of what one connection may hold; what a peer sends into
    /// windows that have not grown is counted when it waits, and a stream for which there is no room is reset
    /// with libp2p's code 0x1002. Writers wait.
    pub buffers: BufferBudget,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_inbound_streams: 256,
            max_outbound_streams: 256,
            max_unacknowledged_streams: 256,
            max_stream_window: 16 << 20,
            window_growth: 64 << 20,
            stream_send_buffer: 256 << 10,
            send_buffer: 4 << 20,
            max_frame_payload: 64 << 10,
            max_transmit: 64 << 10,
            max_replies: 256,
            keep_alive: Some(Duration::from_secs(30)),
            ping_timeout: Duration::from_secs(20),
            linger_timeout: Duration::from_secs(30),
            buffers: BufferBudget::default(),
        }
    }
}

impl Config {
    /// Returns the most bytes that one connection keeps for its readers.
    ///
    /// What they keep alive may be more, and is bounded too: large pieces share the buffers in which they came,
    /// of which the driver decides the size, and one buffer for each 256 KiB that wait is kept at most, and 64
    /// besides. Otherwise bytes are copied.
    #[must_use]
    pub fn max_receive_bytes(&self) -> u64 {
        let streams = u64::from(self.max_inbound_streams) + u64::from(self.max_outbound_streams);
        streams * u64::from(INITIAL_WINDOW) + u64::from(self.window_growth)
    }

    /// Checks the values; [`Connection::new`](crate::Connection::new) does so too.
    ///
    /// # Errors
    ///
    /// A value is out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let rules = [
            (
                self.max_unacknowledged_streams > 0,
                "max_unacknowledged_streams is zero",
            ),
            (
                self.max_stream_window >= INITIAL_WINDOW,
                "max_stream_window is less than 256 KiB",
            ),
            (self.stream_send_buffer > 0, "stream_send_buffer is zero"),
            (self.send_buffer > 0, "send_buffer is zero"),
            (
                (1..=1 << 20).contains(&self.max_frame_payload),
                "max_frame_payload is not within 1 B and 1 MiB",
            ),
            (
                self.max_transmit >= crate::MIN_TRANSMIT,
                "max_transmit is less than 13",
            ),
            (self.max_replies > 0, "max_replies is zero"),
            (
                self.keep_alive.is_none_or(|interval| !interval.is_zero()),
                "keep_alive is zero",
            ),
            (!self.ping_timeout.is_zero(), "ping_timeout is zero"),
            (!self.linger_timeout.is_zero(), "linger_timeout is zero"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(ConfigError::OutOfRange(rule)),
            None => Ok(()),
        }
    }
}

/// Why no connection can be made; a mistake of whoever chose the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value is out of its range.
    #[error("{0}")]
    OutOfRange(&'static str),
}
