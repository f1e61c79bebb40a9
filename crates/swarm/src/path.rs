//! Kinds of paths that a network may swallow, and what is known about them.

use std::fmt;

/// A kind of path that some networks swallow whole: packets are dropped, and nobody says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PathKind {
    /// UDP, and QUIC over it.
    Udp,
    /// IPv6, whatever runs over it.
    Ipv6,
}

/// What the latest dials over a kind of path tell about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PathState {
    /// Too few dials have ended to say; all are made.
    Probing,
    /// It works; all dials are made.
    Allowed,
    /// Hardly any dial has succeeded. Only now and then one is made, and where there is no other way.
    Blocked,
}

/// When a kind of path is taken for a black hole, so that dials over it are skipped.
///
/// Only public addresses count: what happens within a machine or its network tells nothing of the way out. The
/// state follows from results alone, and not from time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlackHoleDetection {
    /// Results that are looked at, the latest ones; with fewer nothing is skipped. 100: most peers that are
    /// dialed may be away without its meaning anything.
    pub window: usize,
    /// Successes among them with which the path is taken to work. 5.
    pub min_successes: usize,
    /// Over a blocked path one attempt in so many is made all the same; its success makes the path work at
    /// once. 20: a probe costs that attempt the head start of the path, half a second.
    pub probe_every: u32,
}

impl Default for BlackHoleDetection {
    fn default() -> Self {
        Self {
            window: 100,
            min_successes: 5,
            probe_every: 20,
        }
    }
}

impl fmt::Display for PathKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Udp => "UDP",
            Self::Ipv6 => "IPv6",
        })
    }
}

impl fmt::Display for PathState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Probing => "probing",
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
        })
    }
}
