//! The state of one stream.

use std::time::Instant;

use super::window::{INITIAL_WINDOW, Window};
use crate::{StreamStats, chunks::Chunks, frame::Flags};

/// One stream, from its opening until nothing of it is left to say on either side.
///
/// ```text
/// send      Open ──► Finishing ──► Finished ──► Acknowledged
///             └───────────┴────────────┴──► Reset (by us), Stopped (by the peer)
///
/// receive   ending: None ──► Fin, Reset     set by the peer
///           is_stopped                      set by us: what arrives is dropped
///
/// hold      Backlog ──► Held ──► Abandoned
/// ```
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) send: SendHalf,
    pub(super) ending: Option<Ending>,
    /// The reason for which we read no more.
    pub(super) stopped: Option<u32>,
    pub(super) hold: Hold,
    pub(super) greeting: Greeting,
    pub(super) reset: OurReset,
    /// Counts among those that we opened and of which the peer has not said a word.
    pub(super) is_unacknowledged: bool,
    /// What the peer lets us send beyond what was sent.
    pub(super) credit: u32,
    pub(super) unsent: Chunks,
    /// A write was refused and waits for an event.
    pub(super) is_blocked: bool,
    pub(super) window: Window,
    pub(super) unread: Chunks,
    /// A read found nothing more and waits for an event.
    pub(super) is_awaited: bool,
    /// Something was sent or received since a timer looked.
    pub(super) has_moved: bool,
    pub(super) priority: i32,
    pub(super) queued: Queued,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendHalf {
    Open,
    /// The end is queued, and not sent.
    Finishing,
    /// The end is sent, and not known to have arrived.
    Finished,
    /// The peer has it all.
    Acknowledged,
    /// We broke it off.
    Reset,
    /// The peer broke it off.
    Stopped {
        code: u32,
    },
}

/// How the peer ended its half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Fin,
    Reset { code: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Opened by the peer and not accepted.
    Backlog,
    Held,
    Abandoned,
}

/// The flag that the next frame has to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greeting {
    /// The peer has not heard of the stream.
    Syn,
    /// The peer waits to hear that we accept it.
    Ack,
    Done,
}

/// Whether we end both halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OurReset {
    No,
    Due { code: u32 },
    Done,
}

/// The queues in which the stream waits; it is not forgotten before it has left them all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Queued {
    pub(super) control: bool,
    pub(super) data: bool,
    pub(super) starved: bool,
}

impl Stream {
    /// A stream that we open.
    pub(super) fn outbound(now: Instant) -> Self {
        Self {
            hold: Hold::Held,
            greeting: Greeting::Syn,
            is_unacknowledged: true,
            is_awaited: true,
            ..Self::inbound(now)
        }
    }

    /// A stream that the peer has opened.
    pub(super) fn inbound(now: Instant) -> Self {
        Self {
            send: SendHalf::Open,
            ending: None,
            stopped: None,
            hold: Hold::Backlog,
            greeting: Greeting::Ack,
            reset: OurReset::No,
            is_unacknowledged: false,
            credit: INITIAL_WINDOW,
            unsent: Chunks::default(),
            is_blocked: false,
            window: Window::new(now),
            unread: Chunks::default(),
            is_awaited: false,
            has_moved: false,
            priority: 0,
            queued: Queued::default(),
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.hold == Hold::Held
    }

    /// Returns whether somebody may still read what arrives.
    pub(super) fn is_reading(&self) -> bool {
        self.stopped.is_none()
            && self.hold != Hold::Abandoned
            && self.ending.is_none()
            && self.reset == OurReset::No
    }

    /// Returns whether neither side has anything left to say.
    pub(super) fn is_over(&self) -> bool {
        match self.reset {
            OurReset::Due { .. } => false,
            OurReset::Done => true,
            OurReset::No => match self.send {
                SendHalf::Open | SendHalf::Finishing => false,
                SendHalf::Finished | SendHalf::Acknowledged => self.ending.is_some(),
                SendHalf::Reset | SendHalf::Stopped { .. } => true,
            },
        }
    }

    /// Returns whether the stream waits for its end with nobody holding it.
    pub(super) fn is_lingering(&self) -> bool {
        self.hold == Hold::Abandoned && self.reset == OurReset::No && !self.is_over()
    }

    /// Returns whether the stream can be forgotten.
    pub(super) fn is_forgettable(&self) -> bool {
        self.hold == Hold::Abandoned && self.queued == Queued::default() && self.is_over()
    }

    /// Returns whether a data frame is due.
    pub(super) fn has_data(&self) -> bool {
        !self.unsent.is_empty() || self.send == SendHalf::Finishing
    }

    /// Returns how much more the peer allows to be written.
    pub(super) fn credit_left(&self) -> usize {
        let credit = usize::try_from(self.credit).unwrap_or(usize::MAX);
        credit.saturating_sub(self.unsent.len())
    }

    /// Returns whether the peer goes on sending what nobody reads, and has heard the last of us.
    ///
    /// A reset is what tells it, and it ends both halves: some peers drop what they have not read by then.
    /// So it goes only when our end has arrived, and in the place of credit: a peer that has sent less than
    /// half a window is left to come to its end.
    // [yamux §Closing a stream] There is no way to refuse one half.
    pub(super) fn is_overrun(&self) -> bool {
        let is_refused = self.stopped.is_some() || self.hold == Hold::Abandoned;
        is_refused
            && self.send == SendHalf::Acknowledged
            && self.ending.is_none()
            && self.reset == OurReset::No
            && self.window.is_half_used()
    }

    /// Returns the flag that the next frame carries, and takes it as sent.
    pub(super) fn greet(&mut self) -> Flags {
        match std::mem::replace(&mut self.greeting, Greeting::Done) {
            // [yamux §Opening a stream] The first frame of either side, data or window update, opens or
            // accepts the stream.
            Greeting::Syn => Flags::SYN,
            Greeting::Ack => Flags::ACK,
            Greeting::Done => Flags::NONE,
        }
    }

    pub(super) fn stats(&self) -> StreamStats {
        StreamStats {
            send_credit_bytes: self.credit,
            unsent_bytes: self.unsent.len(),
            unread_bytes: self.unread.len(),
            receive_window_bytes: self.window.size(),
            is_write_blocked: self.is_blocked,
        }
    }
}
