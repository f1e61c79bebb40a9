//! What a negotiation allows.

/// The limits of a [`Negotiation`](crate::Negotiation) and its one choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Whether a dialer with exactly one protocol, or one left, sends payload before the answer. `true`: it
    /// saves a round trip, and the only loss is the payload sent to a peer that does not know the protocol.
    pub optimistic: bool,
    /// How many offers a listener looks at, `ls` included, and how many a dialer may make. 16: peers
    /// offer a handful of versions of one protocol.
    pub max_offers: u16,
    /// How many bytes of negotiation are read from the peer, header and lengths included. 8 KiB: what
    /// sixteen of the longest names take, twice.
    pub max_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            optimistic: true,
            max_offers: 16,
            max_bytes: 8 * 1024,
        }
    }
}
