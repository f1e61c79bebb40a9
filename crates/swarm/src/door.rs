//! Answers transports that ask whether somebody may come in.

use std::sync::{Arc, Weak};

use sinew_transport::{Admission, Attempt, Gate, Permit};

use crate::{admission::Verdict, hub::Hub, ledger::Ledger};

/// The gate of all listeners of a host.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) hub: Weak<Hub>,
}

impl Gate for Door {
    fn admit(&self, attempt: &Attempt) -> Admission {
        let (verdict, slot) = self.ledger.admit(attempt.validated);
        match verdict {
            Verdict::Accept => Admission::Accept(Permit::new(move || drop(slot))),
            Verdict::Retry => Admission::Retry,
            Verdict::Refuse(exceeded) => {
                if let Some(hub) = self.hub.upgrade() {
                    hub.limit_reached(exceeded);
                }
                Admission::Refuse
            }
        }
    }
}
