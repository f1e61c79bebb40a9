//! What is run: for each implementation the rows, for each row the checks.

use std::fmt;

/// The implementations that have a peer in `interop/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Implementation {
    Go,
    Js,
    Rust,
}

impl Implementation {
    pub(crate) const ALL: [Self; 3] = [Self::Go, Self::Js, Self::Rust];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What CI runs on every push.
    Quick,
    Full,
}

/// One listening side and everything that is tried on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) implementation: Implementation,
    pub(super) transport: Transport,
    pub(super) direction: Direction,
    /// The type of our key, and of the listener's where it is theirs and they can make one.
    pub(super) identity: Identity,
    /// Whether dialing with a PeerId that is not the listener's is tried too.
    pub(super) with_wrong_peer: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Quic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    WeDial,
    TheyDial,
    /// They dial another of their own: what fails here is not our fault.
    Control,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    Ed25519,
    Secp256k1,
    Ecdsa,
    /// Nobody makes new ones, so ours is one that another implementation made.
    Rsa,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Ping,
    Identify,
    Echo,
    WrongPeer,
}

/// Returns the rows of one implementation.
pub(super) fn rows(implementation: Implementation, scope: Scope) -> Vec<Row> {
    let row = |direction, identity, with_wrong_peer| Row {
        implementation,
        transport: Transport::Quic,
        direction,
        identity,
        with_wrong_peer,
    };
    let mut rows = vec![row(Direction::Control, Identity::Ed25519, false)];
    for identity in Identity::ALL {
        // A wrong peer is refused in the same place whatever our key is.
        let with_wrong_peer = scope == Scope::Full || identity == Identity::Ed25519;
        rows.push(row(Direction::WeDial, identity, with_wrong_peer));
        rows.push(row(Direction::TheyDial, identity, false));
    }
    rows
}

/// Returns how many cells there must be.
pub(super) fn cells(implementations: &[Implementation], scope: Scope) -> usize {
    implementations
        .iter()
        .flat_map(|&implementation| rows(implementation, scope))
        .filter(|row| row.unsupported().is_none())
        .map(|row| row.checks().len())
        .sum()
}

impl Row {
    pub(super) fn checks(&self) -> &'static [Check] {
        if self.with_wrong_peer {
            return &[Check::Ping, Check::Identify, Check::Echo, Check::WrongPeer];
        }
        &[Check::Ping, Check::Identify, Check::Echo]
    }

    /// Returns why the peer cannot take part in this row, where that is so.
    pub(super) fn unsupported(&self) -> Option<&'static str> {
        match (self.implementation, self.identity) {
            (Implementation::Js, Identity::Ecdsa) => Some("js-libp2p knows no ECDSA identities"),
            _ => None,
        }
    }

    /// Returns the type of the listener's key where it is theirs.
    pub(super) fn peer_identity(&self) -> Identity {
        match (self.implementation, self.identity) {
            // rust-libp2p checks signatures with RSA keys, but makes no such keys.
            (Implementation::Rust, Identity::Rsa) => Identity::Ed25519,
            (_, identity) => identity,
        }
    }

    /// Returns a name for files.
    pub(super) fn slug(&self) -> String {
        format!(
            "{}-{}-{}-{}",
            self.implementation, self.transport, self.direction, self.identity
        )
        .replace(' ', "-")
    }
}

impl Identity {
    pub(super) const ALL: [Self; 4] = [Self::Ed25519, Self::Secp256k1, Self::Ecdsa, Self::Rsa];

    /// Returns the name that both command lines use.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Secp256k1 => "secp256k1",
            Self::Ecdsa => "ecdsa",
            Self::Rsa => "rsa",
        }
    }
}

impl Transport {
    /// Returns the name that the peers' command line uses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Quic => "quic",
        }
    }

    /// Returns the address on which our side listens: loopback, any port.
    pub(super) fn listen_address(self) -> &'static str {
        match self {
            Self::Quic => "/ip4/127.0.0.1/udp/0/quic-v1",
        }
    }
}

impl fmt::Display for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Go => "go",
            Self::Js => "js",
            Self::Rust => "rust",
        })
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quic => "quic-v1",
        })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WeDial => "we dial",
            Self::TheyDial => "they dial",
            Self::Control => "control",
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ping => "ping",
            Self::Identify => "identify",
            Self::Echo => "echo",
            Self::WrongPeer => "wrong peer",
        })
    }
}

#[cfg(test)]
mod tests;
