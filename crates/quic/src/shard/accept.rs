//! New connections, from both sides.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use sinew_quic_proto::Incoming;
use sinew_transport::{Admission, Attempt, DialError, Permit};
use tracing::debug;

use super::{DialRequest, HANDSHAKES_IN_ONE_TURN, Shard, command::Dialed};
use crate::{connection::Shell, listener::Inbox};

impl Shard {
    /// Keeps a first packet until its handshake may begin.
    pub(super) fn on_incoming(&mut self, incoming: Incoming) {
        if self.inbox.is_none() || self.is_shutting_down() {
            self.endpoint.ignore(incoming);
        } else if self.incoming.len() >= self.config.protocol.max_incoming {
            self.endpoint.refuse(incoming);
        } else {
            self.incoming.push_back(incoming);
        }
    }

    /// Begins some of the handshakes that wait; returns whether more wait.
    pub(super) fn begin_handshakes(&mut self, now: Instant) -> bool {
        for _ in 0..HANDSHAKES_IN_ONE_TURN {
            let Some(incoming) = self.incoming.pop_front() else {
                break;
            };
            self.admit(now, incoming);
        }
        for _ in 0..HANDSHAKES_IN_ONE_TURN {
            let Some(request) = self.dials.pop_front() else {
                break;
            };
            self.dial(now, request);
        }
        !self.incoming.is_empty() || !self.dials.is_empty()
    }

    fn admit(&mut self, now: Instant, incoming: Incoming) {
        let Some(inbox) = self.inbox.clone() else {
            self.endpoint.ignore(incoming);
            return;
        };
        let attempt = Attempt::new(
            incoming.remote_address(),
            incoming.is_validated(),
            inbox.handshaking(),
        );
        match inbox.gate.admit(&attempt) {
            Admission::Accept(permit) => self.accept(now, incoming, inbox, permit),
            Admission::Retry if incoming.may_retry() => self.endpoint.retry(incoming),
            Admission::Ignore => self.endpoint.ignore(incoming),
            Admission::Retry | Admission::Refuse | _ => self.endpoint.refuse(incoming),
        }
    }

    fn accept(&mut self, now: Instant, incoming: Incoming, inbox: Arc<Inbox>, permit: Permit) {
        match self.endpoint.accept(now, incoming) {
            Ok((handle, proto)) => {
                let shell = Shell::new(handle, proto, self.shared.clone(), Some(inbox.clone()));
                inbox.on_handshake(&shell, permit);
                self.add(shell, None);
            }
            Err(error) => debug!(%error, "inbound handshake failed at its first packet"),
        }
    }

    fn dial(&mut self, now: Instant, request: DialRequest) {
        let DialRequest { dial, reply } = request;
        if reply.is_closed() {
            return;
        }
        match self.endpoint.dial(now, dial) {
            Ok((handle, proto)) => {
                let shell = Shell::new(handle, proto, self.shared.clone(), None);
                self.add(shell.clone(), Some(dial.remote));
                // Whoever gave up meanwhile has no use for the connection; nothing was sent for it.
                if let Err(Ok(dialed)) = reply.send(Ok(Dialed::new(shell.clone()))) {
                    dialed.release();
                    self.forget(&shell);
                }
            }
            Err(error) => {
                let source = Arc::new(std::io::Error::new(std::io::ErrorKind::InvalidInput, error));
                let remote = dial.remote;
                let _gone = reply.send(Err(DialError::Unreachable { remote, source }));
            }
        }
    }

    fn add(&mut self, shell: Arc<Shell>, dialing: Option<SocketAddr>) {
        self.roster.insert(shell.clone(), dialing);
        self.touch(shell);
    }

    fn forget(&mut self, shell: &Arc<Shell>) {
        self.endpoint.forget(shell.handle);
        self.roster.remove(shell.handle);
        self.work.touched.retain(|it| !Arc::ptr_eq(it, shell));
    }
}
