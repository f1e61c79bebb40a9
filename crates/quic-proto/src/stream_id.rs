//! The name of a stream within its connection.

use std::fmt;

use sinew_sans_io::Role;

/// A stream of one connection. Ids are never used twice in the life of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(u64);

impl StreamId {
    /// Returns who opened the stream.
    #[must_use]
    pub const fn initiator(self) -> Role {
        // [RFC 9000 §2.1] The least significant bit tells who opened the stream: 0 is the client.
        if self.0 & 1 == 0 {
            Role::Dialer
        } else {
            Role::Listener
        }
    }

    /// Returns how many streams its initiator opened before it.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0 >> 2
    }

    /// Returns the number that stands in packets.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl From<quinn_proto::StreamId> for StreamId {
    fn from(id: quinn_proto::StreamId) -> Self {
        Self(id.into())
    }
}

impl From<StreamId> for quinn_proto::StreamId {
    fn from(id: StreamId) -> Self {
        let side = match id.initiator() {
            Role::Dialer => quinn_proto::Side::Client,
            Role::Listener => quinn_proto::Side::Server,
        };
        Self::new(side, quinn_proto::Dir::Bi, id.index())
    }
}
