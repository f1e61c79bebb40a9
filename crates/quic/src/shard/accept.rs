//! New connections, from both sides.

use std::{sync::Arc, time::Instant};

use sinew_driver::{Arrival, Dialed, Inbox};
use sinew_quic_proto::{Connection, ConnectionHandle, Incoming};
use sinew_transport::{Admission, DialError, Permit};
use tracing::debug;

use super::{DialRequest, HANDSHAKES_IN_ONE_TURN, Shard};
use crate::connection::{Machine, OnShard, Shell};

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
        match inbox.admit(incoming.remote_address(), incoming.is_validated()) {
            Admission::Accept(permit) => self.accept(now, incoming, &inbox, permit),
            Admission::Retry if incoming.may_retry() => self.endpoint.retry(incoming),
            Admission::Ignore => self.endpoint.ignore(incoming),
            Admission::Retry | Admission::Refuse | _ => self.endpoint.refuse(incoming),
        }
    }

    fn accept(&mut self, now: Instant, incoming: Incoming, inbox: &Arc<Inbox>, permit: Permit) {
        match self.endpoint.accept(now, incoming) {
            Ok((handle, proto)) => {
                let arrival = inbox.arrive(proto.remote_address(), permit);
                self.add(handle, proto, Some(arrival));
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
                let shell = self.add(handle, proto, None);
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

    fn add(
        &mut self,
        handle: ConnectionHandle,
        proto: Connection,
        arrival: Option<Arrival>,
    ) -> Arc<Shell> {
        let role = proto.role();
        let remote = proto.remote_address();
        let machine = Machine::new(proto, self.shared.chunks.clone());
        let shard = self.shared.clone();
        let driver = OnShard { handle, shard };
        let shell = Shell::new(driver, role, machine, arrival);
        self.roster.insert(shell.clone(), remote);
        self.touch(shell.clone());
        shell
    }

    fn forget(&mut self, shell: &Arc<Shell>) {
        let handle = shell.driver().handle;
        self.endpoint.forget(handle);
        self.roster.remove(handle);
        self.work.touched.retain(|it| !Arc::ptr_eq(it, shell));
    }
}
