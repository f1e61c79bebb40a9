//! Two machines that talk until both fall silent.

use std::{fmt, time::Instant};

use sinew_sans_io::{Role, StreamMachine};

use crate::{Pipe, Side, epoch};

/// Two machines, and the two pipes between them.
pub struct Conversation<A: StreamMachine, B: StreamMachine> {
    /// The side that speaks first.
    pub dialer: Side<A>,
    /// The other side.
    pub listener: Side<B>,
    /// What the dialer says, on its way.
    pub to_listener: Pipe,
    /// What the listener says, on its way.
    pub to_dialer: Pipe,
    /// Virtual time; stands still while the two talk.
    pub now: Instant,
    /// When output is taken.
    pub drain: DrainRule,
}

/// When output is taken from a machine that was given input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrainRule {
    /// After each delivery.
    AfterEach,
    /// Once all that was on its way has been delivered.
    AfterAll,
    /// After each delivery, with timeouts that nobody asked for in between.
    WithSpuriousTimeouts,
}

impl<A, B> Conversation<A, B>
where
    A: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
    B: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
{
    /// Connects two machines by pipes that do no harm.
    pub fn new(dialer: A, listener: B) -> Self {
        Self {
            dialer: Side::new(dialer),
            listener: Side::new(listener),
            to_listener: Pipe::new(),
            to_dialer: Pipe::new(),
            now: epoch(),
            drain: DrainRule::AfterEach,
        }
    }

    /// Returns the pipe on which `from` speaks.
    pub fn pipe_from(&mut self, from: Role) -> &mut Pipe {
        match from {
            Role::Dialer => &mut self.to_listener,
            Role::Listener => &mut self.to_dialer,
        }
    }

    /// Carries bytes both ways until there are none; tells the receiver of a pipe that was cut short,
    /// and carries on.
    ///
    /// # Panics
    ///
    /// Panics when a machine breaks the contract, or when the two never fall silent.
    pub fn run(&mut self) {
        self.talk();
        if self.to_listener.is_cut_short() {
            self.listener.end(self.now);
        }
        if self.to_dialer.is_cut_short() {
            self.dialer.end(self.now);
        }
        self.talk();
    }

    /// Tells both sides that the other will say no more.
    ///
    /// # Panics
    ///
    /// See [`run`](Self::run).
    pub fn end(&mut self) {
        self.dialer.end(self.now);
        self.listener.end(self.now);
        self.talk();
    }

    fn talk(&mut self) {
        let (now, rule) = (self.now, self.drain);
        self.to_listener.push(self.dialer.drain(now));
        self.to_dialer.push(self.listener.drain(now));
        for _ in 0..MAX_TURNS {
            let heard = hear(&mut self.to_listener, &mut self.listener, now, rule);
            self.to_dialer.push(&heard.said);
            let answered = hear(&mut self.to_dialer, &mut self.dialer, now, rule);
            self.to_listener.push(&answered.said);
            if !heard.anything && !answered.anything {
                return;
            }
        }
        panic!("the two did not fall silent after {MAX_TURNS} turns");
    }
}

/// What came of a turn of listening.
struct Heard {
    anything: bool,
    said: Vec<u8>,
}

/// Delivers all that is in `pipe`, and returns what the receiver has to say to it.
fn hear<M>(pipe: &mut Pipe, side: &mut Side<M>, now: Instant, rule: DrainRule) -> Heard
where
    M: StreamMachine<Event: fmt::Debug, Error: fmt::Debug>,
{
    let mut heard = Heard {
        anything: false,
        said: Vec::new(),
    };
    while let Some(bytes) = pipe.pop() {
        heard.anything = true;
        side.deliver(now, &bytes);
        match rule {
            DrainRule::AfterAll => {}
            DrainRule::AfterEach => heard.said.extend_from_slice(side.drain(now)),
            DrainRule::WithSpuriousTimeouts => {
                side.expire(now);
                heard.said.extend_from_slice(side.drain(now));
                side.expire(now);
                side.expire(now);
            }
        }
    }
    // What a full machine left is presented again when it has been drained.
    heard.said.extend_from_slice(side.drain(now));
    while !side.inbox.is_empty() {
        let left = side.inbox.len();
        side.deliver(now, &[]);
        heard.said.extend_from_slice(side.drain(now));
        if side.inbox.len() == left {
            break;
        }
    }
    side.most_left = side.most_left.max(side.inbox.len());
    heard
}

/// Far more than any honest conversation of a test takes.
const MAX_TURNS: usize = 100_000;
