//! How long each kind of address waits for the better ones.

use std::time::Duration;

/// The head starts in a race for a connection: private addresses beside public ones, in each group QUIC before
/// TCP before other kinds, and for each kind IPv6 before IPv4.
///
/// The two groups are dialed side by side. In a group each kind begins at the time in the table, which counts
/// from when the kinds before it began with both of their families, and from the start when there are none;
/// IPv6 comes first, and the addresses of a kind then take turns by family, one each delay of that kind.
///
/// | | IPv6 | IPv4 | the defaults, public | and private |
/// |---|---|---|---|---|
/// | QUIC | 0 | `quic` | 0, 250 ms | 0, 30 ms |
/// | TCP | `tcp` after QUIC | `tcp` later | 500 ms, 750 ms | 60 ms, 90 ms |
/// | others | `other` after TCP | `other` later | 1,750 ms | 190 ms |
///
/// So a peer's first TCP address waits `quic + tcp` at most, however many QUIC addresses there are and whether
/// or not anything answers; `tcp` when QUIC is there for one family alone; and nothing when there is no QUIC.
/// Whatever is next begins at once when nothing is in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DialDelays {
    /// Among public addresses. A quarter of a second, what RFC 8305 recommends: about a round trip to the
    /// other side of the world.
    pub public: KindDelays,
    /// Among addresses within this machine or its network. 30 ms: many times a round trip there.
    pub private: KindDelays,
}

/// How long addresses wait within one group of [`DialDelays`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KindDelays {
    /// Between two QUIC addresses. 250 ms; 30 ms when private.
    pub quic: Duration,
    /// Between QUIC and TCP, and between two TCP addresses. 250 ms; 30 ms when private.
    pub tcp: Duration,
    /// Between these and all other kinds, and between two of those. 1 s; 100 ms when private.
    pub other: Duration,
}

impl Default for DialDelays {
    fn default() -> Self {
        Self {
            public: KindDelays {
                quic: Duration::from_millis(250),
                tcp: Duration::from_millis(250),
                other: Duration::from_secs(1),
            },
            private: KindDelays {
                quic: Duration::from_millis(30),
                tcp: Duration::from_millis(30),
                other: Duration::from_millis(100),
            },
        }
    }
}
