//! What keeps packets from arriving.

use std::collections::BTreeSet;

use crate::{Node, NodeId, Protocol, packet::Packet};

/// A rule that drops packets without a word: a partition, a black hole, a firewall.
///
/// ```
/// # use sinew_simnet::{Cut, Node, Protocol};
/// # fn cuts(alice: &Node, bob: &Node) {
/// // Neither hears of the other.
/// Cut::between([alice], [bob]);
/// // Bob hears Alice, who hears nothing.
/// Cut::everything().from([bob]).to([alice]);
/// // A network that knows no UDP.
/// Cut::everything().protocol(Protocol::Udp);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Cut {
    from: Group,
    to: Group,
    is_both_ways: bool,
    protocol: Option<Protocol>,
}

/// A [`Cut`] that is in force, to be lifted with [`World::lift`](crate::World::lift).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CutId(pub(crate) u64);

/// Some nodes; `None` is everyone.
type Group = Option<BTreeSet<NodeId>>;

impl Cut {
    /// Drops every packet; narrowed by the other functions.
    pub fn everything() -> Self {
        Self {
            from: None,
            to: None,
            is_both_ways: false,
            protocol: None,
        }
    }

    /// Drops what one group sends to the other, in both directions.
    pub fn between<'a>(
        some: impl IntoIterator<Item = &'a Node>,
        others: impl IntoIterator<Item = &'a Node>,
    ) -> Self {
        Self {
            is_both_ways: true,
            ..Self::everything().from(some).to(others)
        }
    }

    /// Drops only what these nodes send.
    pub fn from<'a>(mut self, nodes: impl IntoIterator<Item = &'a Node>) -> Self {
        self.from = Some(nodes.into_iter().map(Node::id).collect());
        self
    }

    /// Drops only what is sent to these nodes.
    pub fn to<'a>(mut self, nodes: impl IntoIterator<Item = &'a Node>) -> Self {
        self.to = Some(nodes.into_iter().map(Node::id).collect());
        self
    }

    /// Drops only packets of one protocol.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    pub(crate) fn stops(&self, packet: &Packet) -> bool {
        let has = |group: &Group, node| group.as_ref().is_none_or(|group| group.contains(&node));
        let (source, target) = (packet.source, packet.target);
        let forth = has(&self.from, source) && has(&self.to, target);
        let back = self.is_both_ways && has(&self.from, target) && has(&self.to, source);
        (forth || back) && self.protocol.is_none_or(|it| it == packet.protocol())
    }
}
