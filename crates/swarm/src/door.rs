//! Answers transports that ask whether somebody may come in.

use std::{
    net::SocketAddr,
    sync::{Arc, Weak},
};

use sinew_runtime::Runtime;
use sinew_transport::{Admission, Attempt, Gate, Permit};

use crate::{LimitExceeded, admission::Verdict, hub::Hub, ledger::Ledger};

/// The gate of all listeners of a host.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) runtime: Runtime,
    pub(crate) hub: Weak<Hub>,
}

impl Door {
    fn refused(&self, exceeded: LimitExceeded) {
        if let Some(hub) = self.hub.upgrade() {
            hub.limit_reached(exceeded);
        }
    }
}

impl Gate for Door {
    fn allows(&self, remote: SocketAddr) -> bool {
        let allowed = self.ledger.allows(remote.ip(), self.runtime.now());
        allowed
            .inspect_err(|exceeded| self.refused(*exceeded))
            .is_ok()
    }

    fn admit(&self, attempt: &Attempt) -> Admission {
        let (remote, now) = (attempt.remote.ip(), self.runtime.now());
        let (verdict, slot) = self.ledger.admit(remote, attempt.validated, now);
        match verdict {
            Verdict::Accept => Admission::Accept(Permit::new(move || drop(slot))),
            Verdict::Retry => Admission::Retry,
            Verdict::Refuse(exceeded) => {
                self.refused(exceeded);
                Admission::Refuse
            }
            Verdict::Ignore(exceeded) => {
                self.refused(exceeded);
                Admission::Ignore
            }
        }
    }
}
