//! What came of a conversation, to compare it with another.

use std::fmt;

use sinew_sans_io::{Role, StreamMachine};

use crate::{Conversation, Side};

/// What came of a conversation.
pub(super) struct Outcome<A: StreamMachine, B: StreamMachine> {
    pub(super) dialer: Half<A>,
    pub(super) listener: Half<B>,
}

/// What one side has to show.
pub(super) struct Half<M: StreamMachine> {
    pub(super) events: Vec<M::Event>,
    pub(super) error: Option<M::Error>,
    pub(super) sent: Vec<u8>,
    most_left: usize,
}

impl<A, B> Outcome<A, B>
where
    A: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
    B: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
{
    pub(super) fn of(conversation: Conversation<A, B>) -> Self {
        Self {
            dialer: Half::of(conversation.dialer),
            listener: Half::of(conversation.listener),
        }
    }

    /// Returns how many bytes `role` sent.
    pub(super) fn len_from(&self, role: Role) -> usize {
        match role {
            Role::Dialer => self.dialer.sent.len(),
            Role::Listener => self.listener.sent.len(),
        }
    }

    /// Checks that neither side kept more waiting than it said it would.
    pub(super) fn assert_within_lookahead(&self) {
        self.dialer.assert_within_lookahead(Role::Dialer);
        self.listener.assert_within_lookahead(Role::Listener);
    }

    pub(super) fn assert_same(&self, reference: &Self, with_bytes: bool) {
        self.dialer
            .assert_same(&reference.dialer, Role::Dialer, with_bytes);
        self.listener
            .assert_same(&reference.listener, Role::Listener, with_bytes);
    }
}

impl<M> Half<M>
where
    M: StreamMachine<Event: fmt::Debug + PartialEq, Error: fmt::Debug + PartialEq>,
{
    fn of(side: Side<M>) -> Self {
        Self {
            events: side.events,
            error: side.error,
            sent: side.sent,
            most_left: side.most_left,
        }
    }

    fn assert_within_lookahead(&self, role: Role) {
        let (left, lookahead) = (self.most_left, M::LOOKAHEAD);
        assert!(
            left <= lookahead,
            "the {role} left {left} bytes unused, more than its lookahead of {lookahead}"
        );
    }

    fn assert_same(&self, reference: &Self, role: Role, with_bytes: bool) {
        assert_eq!(self.error, reference.error, "the {role} ended otherwise");
        assert_eq!(self.events, reference.events, "the {role} saw other events");
        assert!(
            !with_bytes || self.sent == reference.sent,
            "the {role} sent other bytes: {} instead of {}",
            self.sent.escape_ascii(),
            reference.sent.escape_ascii()
        );
    }
}
