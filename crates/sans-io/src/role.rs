//! Which of the two sides one is.

use std::fmt;

/// The side that a machine plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Asked for the connection or stream and speaks first.
    Dialer,
    /// Was asked.
    Listener,
}

impl Role {
    /// Returns the role of the other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Dialer => Self::Listener,
            Self::Listener => Self::Dialer,
        }
    }

    /// Returns whether this is [`Role::Dialer`].
    #[must_use]
    pub const fn is_dialer(self) -> bool {
        matches!(self, Self::Dialer)
    }

    /// Returns whether this is [`Role::Listener`].
    #[must_use]
    pub const fn is_listener(self) -> bool {
        matches!(self, Self::Listener)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dialer => "dialer",
            Self::Listener => "listener",
        })
    }
}
