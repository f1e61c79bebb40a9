//! What two hosts say to each other, once without harm, to be said again with harm.

use std::sync::Arc;

use bytes::BytesMut;
use sinew_sans_io::{Role, StreamMachine as _};
use sinew_tcp_proto::{Connection, Dial, Endpoint, Phase, Security};
use sinew_testkit::epoch;
use sinew_tls::dangerous::seeded_provider;

use crate::pair::{Build, dial, pair, send};

/// Two hosts in which no chance is left, and what one of them hears.
pub(crate) struct Transcript {
    case: Case,
    pub(crate) role: Role,
    /// What the side with this role hears.
    pub(crate) heard: Vec<u8>,
    /// In which phase it is when it hears each of these bytes.
    pub(crate) phases: Vec<Phase>,
}

/// Which two hosts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) security: Security,
    pub(crate) early_muxer: bool,
}

pub(crate) const CASES: [Case; 4] = [
    case(Security::Tls, true),
    case(Security::Tls, false),
    case(Security::Noise, true),
    case(Security::Noise, false),
];

const fn case(security: Security, early_muxer: bool) -> Case {
    Case {
        security,
        early_muxer,
    }
}

impl Case {
    /// Makes both hosts, the same each time.
    pub(crate) fn hosts(self) -> [Arc<Endpoint>; 2] {
        [1, 2].map(|number| {
            let mut build = Build::new(number)
                .securities(&[self.security])
                .early_muxer(self.early_muxer);
            if self.security == Security::Tls {
                build.provider = seeded_provider([number; 32]);
            }
            build.endpoint()
        })
    }

    /// Has the conversation; returns what the host with `role` hears.
    pub(crate) fn transcript(self, role: Role) -> Transcript {
        let [dialer, listener] = self.hosts();
        let mut net = pair(&dialer, &listener);
        net.run();
        send(&mut net.dialer.machine, &[1; 300]);
        send(&mut net.listener.machine, &[2; 300]);
        net.run();
        let heard = match role {
            Role::Dialer => net.listener.sent,
            Role::Listener => net.dialer.sent,
        };
        let mut transcript = Transcript {
            case: self,
            role,
            heard,
            phases: Vec::new(),
        };
        let mut machine = transcript.machine();
        let mut input = BytesMut::new();
        for &byte in &transcript.heard {
            transcript.phases.push(machine.phase());
            input.extend_from_slice(&[byte]);
            machine.handle_input(epoch(), &mut input).unwrap();
        }
        transcript
    }
}

impl Transcript {
    /// Makes the side that hears this, again.
    pub(crate) fn machine(&self) -> Connection {
        let [dialer, listener] = self.case.hosts();
        match self.role {
            Role::Dialer => dial(&dialer, Some(listener.peer_id())),
            Role::Listener => listener.accept(epoch(), [2; 32]),
        }
    }

    /// Makes the same side of another connection between the same hosts.
    pub(crate) fn machine_of_another_connection(&self) -> Connection {
        let [dialer, listener] = self.case.hosts();
        let dial = Dial {
            expected: Some(listener.peer_id()),
            security: None,
        };
        // One that is not the first of its host: the provider has given out the first one's chance.
        match self.role {
            Role::Dialer => {
                drop(dialer.dial(epoch(), dial, [3; 32]));
                dialer.dial(epoch(), dial, [5; 32])
            }
            Role::Listener => {
                pair(&dialer, &listener).run();
                listener.accept(epoch(), [4; 32])
            }
        }
    }

    /// Returns the offset behind the last byte in `phase`.
    pub(crate) fn end_of(&self, phase: Phase) -> Option<usize> {
        let last = self.phases.iter().rposition(|&each| each == phase)?;
        Some(last + 1)
    }

    /// Returns whether this byte is the second one of the version of a TLS record in clear.
    // [RFC 8446 §5.1] It is ignored for all purposes.
    pub(crate) fn is_meaningless(&self, at: usize) -> bool {
        let before = at
            .checked_sub(2)
            .and_then(|start| self.heard.get(start..at));
        self.case.security == Security::Tls
            && self.phases[at] == Phase::Handshake
            && matches!(before, Some([20 | 22, 3]))
    }

    /// Returns the offset of the first byte in `phase`, if there is one.
    pub(crate) fn start_of(&self, phase: Phase) -> Option<usize> {
        self.phases.iter().position(|&each| each == phase)
    }
}
