//! What is run: for each implementation the rows, for each row the checks.

mod support;

use std::fmt;

/// The implementations that have a peer in `interop/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Implementation {
    Go,
    Js,
    Py,
    Rust,
}

impl Implementation {
    /// Returns those that are run when none is named. Installing py-libp2p takes long, and it is slow.
    pub(super) fn in_scope(scope: Scope) -> &'static [Self] {
        match scope {
            Scope::Quick => &[Self::Go, Self::Js, Self::Rust],
            Scope::Full => &[Self::Go, Self::Js, Self::Py, Self::Rust],
        }
    }
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
    pub(super) suite: Suite,
    pub(super) implementation: Implementation,
    pub(super) stack: Stack,
    pub(super) direction: Direction,
    /// The type of our key, and of the listener's where it is theirs and they can make one.
    pub(super) identity: Identity,
    /// Whether dialing with a PeerId that is not the listener's is tried too.
    pub(super) with_wrong_peer: bool,
}

/// Rows whose checks are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suite {
    /// What ordinary programs do.
    Basics,
    /// Streams that end in unusual ways, and peers that vanish.
    Edges,
    /// libp2p's own cross-implementation transport test.
    Contract,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stack {
    Quic,
    TcpNoise,
    TcpTls,
}

/// How the two sides came to their stream multiplexer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MuxerChoice {
    /// QUIC has one of its own.
    BuiltIn,
    InTls,
    InNoise,
    Negotiated,
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
    /// How the multiplexer was chosen, as our side tells it.
    Muxer,
    WrongPeer,
    /// A protocol that the listener does not serve.
    Unserved,
    /// 200 streams at once.
    ManyStreams,
    DialerEnds,
    ListenerEnds,
    DialerResets,
    ListenerResets,
    /// The listener is killed in the middle of a transfer, and the dialer notices.
    Killed,
    /// The listener is killed and started again at the same address, and the dialer connects again.
    Restarted,
    /// An echo over QUIC with datagrams as on a network, because those of loopback are larger.
    SmallDatagrams,
    /// libp2p's own test, with the variables and the result that it has now.
    Contract,
    /// The same, with those that it had before.
    LegacyContract,
}

/// Returns the rows of one implementation.
pub(super) fn rows(implementation: Implementation, scope: Scope) -> Vec<Row> {
    let stacks = Stack::ALL.into_iter();
    stacks
        .flat_map(|stack| rows_of_stack(implementation, stack, scope))
        .collect()
}

fn rows_of_stack(implementation: Implementation, stack: Stack, scope: Scope) -> Vec<Row> {
    let row = |direction, identity, with_wrong_peer| Row {
        suite: Suite::Basics,
        implementation,
        stack,
        direction,
        identity,
        with_wrong_peer,
    };
    let mut rows = vec![row(Direction::Control, Identity::Ed25519, false)];
    for &identity in stack.identities(scope) {
        // A wrong peer is refused in the same place whatever our key is.
        let with_wrong_peer = scope == Scope::Full || identity == Identity::Ed25519;
        rows.push(row(Direction::WeDial, identity, with_wrong_peer));
        rows.push(row(Direction::TheyDial, identity, with_wrong_peer));
    }
    let mut add_both_directions = |suite| {
        for direction in [Direction::WeDial, Direction::TheyDial] {
            let row = row(direction, Identity::Ed25519, false);
            rows.push(Row { suite, ..row });
        }
    };
    if scope == Scope::Full {
        add_both_directions(Suite::Edges);
    }
    // That our side keeps to the contract is seen with one other side as well as with four.
    if scope == Scope::Full && implementation == Implementation::Go {
        add_both_directions(Suite::Contract);
    }
    rows
}

/// Returns how many cells there must be.
pub(super) fn cells(implementations: &[Implementation], scope: Scope) -> usize {
    implementations
        .iter()
        .flat_map(|&implementation| rows(implementation, scope))
        .map(|row| {
            let checks = row.checks().into_iter();
            checks
                .filter(|&check| row.unsupported(check).is_none())
                .count()
        })
        .sum()
}

impl Row {
    pub(super) fn checks(&self) -> Vec<Check> {
        if self.suite != Suite::Basics {
            let mut checks = self.suite.checks().to_vec();
            checks.retain(|&check| check != Check::SmallDatagrams || self.stack == Stack::Quic);
            return checks;
        }
        let mut checks = vec![Check::Ping, Check::Identify, Check::Echo];
        if self.direction != Direction::Control && self.stack != Stack::Quic {
            checks.push(Check::Muxer);
        }
        if self.with_wrong_peer {
            checks.push(Check::WrongPeer);
        }
        checks
    }

    /// Returns how the multiplexer has to be chosen: as early as the peer can.
    pub(super) fn muxer_choice(&self) -> MuxerChoice {
        match (self.stack, self.implementation) {
            (Stack::Quic, _) => MuxerChoice::BuiltIn,
            (Stack::TcpTls, Implementation::Go | Implementation::Js) => MuxerChoice::InTls,
            (Stack::TcpNoise, Implementation::Go | Implementation::Js) => MuxerChoice::InNoise,
            // rust-libp2p and py-libp2p use neither early form.
            (Stack::TcpTls | Stack::TcpNoise, Implementation::Py | Implementation::Rust) => {
                MuxerChoice::Negotiated
            }
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
        let last = match self.suite {
            Suite::Basics => self.identity.name(),
            Suite::Edges => "edges",
            Suite::Contract => "contract",
        };
        format!(
            "{}-{}-{}-{last}",
            self.implementation, self.stack, self.direction
        )
        .replace(' ', "-")
    }
}

impl Suite {
    pub(super) const ALL: [Self; 3] = [Self::Basics, Self::Edges, Self::Contract];

    /// Returns every check that a row of the suite can have.
    pub(super) fn checks(self) -> &'static [Check] {
        match self {
            Self::Basics => &Check::BASICS,
            Self::Edges => &Check::EDGES,
            Self::Contract => &Check::CONTRACT,
        }
    }
}

impl Check {
    const BASICS: [Self; 5] = [
        Self::Ping,
        Self::Identify,
        Self::Echo,
        Self::Muxer,
        Self::WrongPeer,
    ];

    const EDGES: [Self; 9] = [
        Self::Unserved,
        Self::ManyStreams,
        Self::DialerEnds,
        Self::ListenerEnds,
        Self::DialerResets,
        Self::ListenerResets,
        Self::Killed,
        Self::Restarted,
        Self::SmallDatagrams,
    ];

    const CONTRACT: [Self; 2] = [Self::Contract, Self::LegacyContract];
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

impl Stack {
    const ALL: [Self; 3] = [Self::Quic, Self::TcpNoise, Self::TcpTls];

    /// Returns the types of our key that are tried. Over TCP the same code checks them, so one will do to be quick.
    fn identities(self, scope: Scope) -> &'static [Identity] {
        match (self, scope) {
            (Self::Quic, _) | (_, Scope::Full) => &Identity::ALL,
            (Self::TcpNoise | Self::TcpTls, Scope::Quick) => &[Identity::Ed25519],
        }
    }

    /// Returns the options that name it on every command line, ours and the peers'.
    pub(super) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Quic => &["--transport", "quic"],
            Self::TcpNoise => &["--transport", "tcp", "--security", "noise"],
            Self::TcpTls => &["--transport", "tcp", "--security", "tls"],
        }
    }

    /// Returns the address on which our side listens: loopback, any port.
    pub(super) fn listen_address(self) -> &'static str {
        match self {
            Self::Quic => "/ip4/127.0.0.1/udp/0/quic-v1",
            Self::TcpNoise | Self::TcpTls => "/ip4/127.0.0.1/tcp/0",
        }
    }
}

impl MuxerChoice {
    /// Returns the name that our program's JSON uses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built in",
            Self::InTls => "tls",
            Self::InNoise => "noise",
            Self::Negotiated => "negotiated",
        }
    }

    /// Returns how our program's log ends the line about a connection.
    pub(super) fn logged(self) -> &'static str {
        match self {
            Self::BuiltIn => "with quic",
            Self::InTls => "chosen in the tls handshake",
            Self::InNoise => "chosen in the noise handshake",
            Self::Negotiated => "chosen by negotiation",
        }
    }
}

impl fmt::Display for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Go => "go",
            Self::Js => "js",
            Self::Py => "py",
            Self::Rust => "rust",
        })
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quic => "quic-v1",
            Self::TcpNoise => "tcp noise",
            Self::TcpTls => "tcp tls",
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
            Self::Muxer => "muxer",
            Self::WrongPeer => "wrong peer",
            // These are the names in the reports of `edges`.
            Self::Unserved => "unserved protocol",
            Self::ManyStreams => "200 streams",
            Self::DialerEnds => "dialer ends first",
            Self::ListenerEnds => "listener ends first",
            Self::DialerResets => "dialer resets",
            Self::ListenerResets => "listener resets",
            Self::Killed => "killed",
            Self::Restarted => "restarted",
            Self::SmallDatagrams => "small datagrams",
            Self::Contract => "contract",
            Self::LegacyContract => "legacy contract",
        })
    }
}

#[cfg(test)]
mod tests;
