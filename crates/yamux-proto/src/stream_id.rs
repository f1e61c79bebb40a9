//! The name of a stream within its connection.

use std::fmt;

use sinew_sans_io::Role;

/// A stream of one connection. We never use an id twice in the life of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(u32);

impl StreamId {
    /// The first id that `role` gives out.
    pub(crate) const fn first(role: Role) -> Self {
        // [yamux §StreamID Field] The client side uses odd ids, the server even ones, and 0 is the session.
        match role {
            Role::Dialer => Self(1),
            Role::Listener => Self(2),
        }
    }

    pub(crate) const fn new(id: u32) -> Self {
        Self(id)
    }

    /// Returns the id that its initiator gives out after this one, if there is one.
    pub(crate) const fn next(self) -> Option<Self> {
        match self.0.checked_add(2) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// Returns who opened the stream.
    #[must_use]
    pub const fn initiator(self) -> Role {
        if self.0 & 1 == 1 {
            Role::Dialer
        } else {
            Role::Listener
        }
    }

    /// Returns the number that stands in frames.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
