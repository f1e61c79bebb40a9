//! What lies between two nodes, in one direction.

use std::{fmt, time::Duration};

use crate::{chance::Chance, packet::Packet};

/// The qualities of a link in one direction.
///
/// A packet waits in the queue for its turn, takes the time that its bytes need at the link's rate, and then
/// the delay. Order is kept, jitter included, except for packets that are held back by
/// [`reordering`](Self::reordering).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Time from one end to the other. 1 ms.
    pub delay: Duration,
    /// Up to this much on top, drawn for each packet. None.
    pub jitter: Duration,
    /// Bits per second; `None` is no limit. None.
    pub bandwidth: Option<u64>,
    /// Bytes that wait for their turn before further packets are dropped; matters only with a bandwidth.
    /// 256 KiB.
    pub queue_bytes: usize,
    /// The share of packets that are lost, 0 to 1. 0.
    pub loss: f64,
    /// The share of packets that come twice. 0.
    pub duplication: f64,
    /// The share of packets that are held back for [`reordering_delay`](Self::reordering_delay). 0.
    pub reordering: f64,
    /// How long. 5 ms.
    pub reordering_delay: Duration,
    /// The share of datagrams in which one bit is wrong on arrival. TCP segments are lost instead, for
    /// their checksum tells. 0.
    pub corruption: f64,
    /// The largest packet in bytes, the IP header included. 1500. Larger datagrams are dropped without a
    /// word; TCP knows what fits.
    pub mtu: usize,
}

/// Why a packet did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// Bad luck on a link.
    Chance,
    /// The queue of a link was full.
    QueueFull,
    /// Larger than a link carries.
    TooLarge,
    /// A [`Cut`](crate::Cut) was in the way.
    Cut,
    /// No node has the address.
    NoSuchAddress,
    /// The node is down.
    NodeDown,
    /// Nobody listens on the port, or a NAT knows nothing of it.
    NoSuchPort,
    /// The socket's receive buffer was full.
    BufferFull,
    /// Too many connections wait to be accepted.
    BacklogFull,
    /// A bit was wrong.
    Corrupt,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(1),
            jitter: Duration::ZERO,
            bandwidth: None,
            queue_bytes: 256 << 10,
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            reordering_delay: Duration::from_millis(5),
            corruption: 0.0,
            mtu: 1500,
        }
    }
}

impl Link {
    /// A link that takes no time and loses nothing.
    pub fn ideal() -> Self {
        Self {
            delay: Duration::ZERO,
            ..Self::default()
        }
    }

    /// A link of `delay` in each direction, so that a round trip takes twice as long.
    pub fn with_delay(delay: Duration) -> Self {
        Self {
            delay,
            ..Self::default()
        }
    }
}

/// A link with its memory.
#[derive(Debug)]
pub(crate) struct LinkState {
    pub(crate) link: Link,
    /// It was set by itself, and no longer follows what is set for all.
    pub(crate) is_own: bool,
    chance: Chance,
    /// When the last packet in the queue will have left.
    busy_until: Duration,
    /// When the last packet that was not held back arrives.
    last_arrival: Duration,
}

/// What a link does with a packet.
#[derive(Debug)]
pub(crate) struct Passage {
    pub(crate) at: Duration,
    /// A second copy arrives as well.
    pub(crate) is_doubled: bool,
    /// The number of the bit that is wrong, to be taken modulo the bits there are.
    pub(crate) wrong_bit: Option<u64>,
}

impl LinkState {
    pub(crate) fn new(link: Link, chance: Chance) -> Self {
        Self {
            link,
            is_own: false,
            chance,
            busy_until: Duration::ZERO,
            last_arrival: Duration::ZERO,
        }
    }

    /// Says when a packet that enters at `now` comes out.
    pub(crate) fn pass(&mut self, now: Duration, packet: &Packet) -> Result<Passage, Loss> {
        let link = self.link;
        let bytes = packet.wire_bytes();
        if packet.protocol() == crate::Protocol::Udp && bytes > link.mtu {
            return Err(Loss::TooLarge);
        }
        if self.chance.happens(link.loss) {
            return Err(Loss::Chance);
        }
        let departure = match link.bandwidth {
            None => now,
            Some(bandwidth) => {
                if self.backlog_bytes(now).saturating_add(bytes) > link.queue_bytes.max(bytes) {
                    return Err(Loss::QueueFull);
                }
                self.busy_until = self.busy_until.max(now) + transmission(bytes, bandwidth);
                self.busy_until
            }
        };
        let jitter = u64::try_from(link.jitter.as_nanos()).unwrap_or(u64::MAX);
        let jitter = Duration::from_nanos(self.chance.below(jitter));
        let mut at = departure + link.delay + jitter;
        if self.chance.happens(link.reordering) {
            at += link.reordering_delay;
        } else {
            at = at.max(self.last_arrival);
            self.last_arrival = at;
        }
        Ok(Passage {
            at,
            is_doubled: self.chance.happens(link.duplication),
            wrong_bit: self
                .chance
                .happens(link.corruption)
                .then(|| self.chance.next()),
        })
    }

    /// Returns how many bytes wait for their turn.
    pub(crate) fn backlog_bytes(&self, now: Duration) -> usize {
        let Some(bandwidth) = self.link.bandwidth else {
            return 0;
        };
        let left = self.busy_until.saturating_sub(now);
        let bits = left.as_nanos() * u128::from(bandwidth) / 1_000_000_000;
        usize::try_from(bits / 8).unwrap_or(usize::MAX)
    }

    /// Returns when no more than `bytes` will wait for their turn.
    pub(crate) fn drained_to(&self, bytes: usize) -> Duration {
        let Some(bandwidth) = self.link.bandwidth else {
            return Duration::ZERO;
        };
        self.busy_until
            .saturating_sub(transmission(bytes, bandwidth))
    }
}

fn transmission(bytes: usize, bandwidth: u64) -> Duration {
    let nanos = bytes as u128 * 8 * 1_000_000_000 / u128::from(bandwidth.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chance => "lost on the link",
            Self::QueueFull => "queue full",
            Self::TooLarge => "larger than the link's MTU",
            Self::Cut => "cut off",
            Self::NoSuchAddress => "no such address",
            Self::NodeDown => "node is down",
            Self::NoSuchPort => "nobody listens",
            Self::BufferFull => "receive buffer full",
            Self::BacklogFull => "backlog full",
            Self::Corrupt => "checksum wrong",
        })
    }
}
