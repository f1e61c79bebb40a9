//! Which stream muxer the two sides speak.

use std::borrow::Cow;

use bytes::Bytes;
use sinew_sans_io::Role;

/// Returns the first of the dialer's muxers that the listener has, too.
///
/// `ours` is in the order of our preference, and `role` says whose order counts.
// [muxer-selection §Multiplexer Negotiation over Noise] The first of the initiator's list that both
// support. No overlap is to be an error there; go-libp2p negotiates then, and so do we: the same
// outcome one round trip later, unless a peer offers less here than it speaks.
pub(crate) fn choose(
    role: Role,
    ours: &[Cow<'static, str>],
    theirs: &[Bytes],
) -> Option<Cow<'static, str>> {
    let is_same = |our: &str, their: &Bytes| our.as_bytes() == &their[..];
    let chosen = match role {
        Role::Dialer => ours
            .iter()
            .find(|our| theirs.iter().any(|their| is_same(our, their))),
        Role::Listener => theirs
            .iter()
            .find_map(|their| ours.iter().find(|our| is_same(our, their))),
    };
    chosen.cloned()
}

/// The most muxers that we offer.
///
/// With the longest names and the longest key that we sign with they still fit a handshake message.
pub(crate) const MAX_OWN_MUXERS: usize = 16;

/// The longest name of a muxer that we offer, in bytes: as long as the name of a protocol may be.
pub(crate) const MAX_MUXER_LEN: usize = 255;

/// The most muxers that a peer may list. go-libp2p has the same limit.
pub(crate) const MAX_PEER_MUXERS: usize = 100;
