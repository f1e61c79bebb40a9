//! What one attempt does about black holes.

use std::{sync::Arc, time::Duration};

use sinew_multiaddr::Address;
use sinew_transport::{DialError, Phase};

use crate::{
    DialFailure, FailedDial, PathKind,
    black_holes::{Evidence, Verdict, is_public, kinds_of},
    candidate::Candidate,
    hub::Hub,
};

/// Holds addresses back whose path swallows everything, and says what became of the others.
///
/// An attempt that could dial nothing else dials what was held back: whoever has one way tries it.
pub(crate) struct Detour {
    hub: Arc<Hub>,
    /// Asked once for each kind, so that an attempt counts once.
    verdicts: Vec<(PathKind, Verdict)>,
    held: Vec<Candidate>,
    /// What is being dialed, in the order in which it began.
    running: Vec<Address>,
    /// Whether there is anything to dial that is not held back.
    has_way: bool,
}

impl Detour {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self {
            hub,
            verdicts: Vec::new(),
            held: Vec::new(),
            running: Vec::new(),
            has_way: false,
        }
    }

    /// Returns the candidate if it may be dialed, or holds it back.
    pub(crate) fn admit(&mut self, candidate: Candidate) -> Option<Candidate> {
        let (mut is_held, mut is_probe) = (false, false);
        for kind in kinds_of(&candidate.address) {
            match self.verdict(kind) {
                Verdict::Admit => {}
                Verdict::Hold => is_held = true,
                // A path is not probed if another one stands in the way.
                Verdict::Probe => is_probe = true,
            }
        }
        if !is_held || is_probe {
            self.has_way = true;
            return Some(candidate);
        }
        self.held.push(candidate);
        None
    }

    /// Returns what was held back, if there is nothing else to dial.
    pub(crate) fn release(&mut self) -> Vec<Candidate> {
        if self.has_way {
            return Vec::new();
        }
        std::mem::take(&mut self.held)
    }

    /// Tells of what was not dialed to the end.
    pub(crate) fn skipped(&mut self) -> Vec<FailedDial> {
        let held = std::mem::take(&mut self.held);
        held.into_iter().map(|it| self.skip(it)).collect()
    }

    pub(crate) fn on_started(&mut self, address: &Address) {
        self.running.push(address.clone());
    }

    pub(crate) fn on_failed(&mut self, address: &Address, error: &DialFailure) {
        self.running.retain(|it| it != address);
        if let Some(evidence) = evidence_of(error) {
            self.record(address, evidence);
        }
    }

    /// Notes who won, and that those who began before and are still silent lost to another kind of path.
    ///
    /// Nothing is held against those that lost to an address within the network or to one of their own kind.
    pub(crate) fn on_won(&mut self, address: &Address) {
        self.record(address, Evidence::Heard);
        if !is_public(address) {
            return;
        }
        let running = std::mem::take(&mut self.running);
        let before = running.into_iter().take_while(|it| it != address);
        for loser in before {
            let is_shared = |kind: &PathKind| kinds_of(address).any(|it| it == *kind);
            for kind in kinds_of(&loser).filter(|kind| !is_shared(kind)) {
                self.hub.record_path(kind, Evidence::Silent);
            }
        }
    }

    fn verdict(&mut self, kind: PathKind) -> Verdict {
        if let Some((_, verdict)) = self.verdicts.iter().find(|(it, _)| *it == kind) {
            return *verdict;
        }
        let verdict = self.hub.lock_black_holes().admit(kind);
        self.verdicts.push((kind, verdict));
        verdict
    }

    fn record(&self, address: &Address, evidence: Evidence) {
        for kind in kinds_of(address) {
            self.hub.record_path(kind, evidence);
        }
    }

    fn skip(&self, candidate: Candidate) -> FailedDial {
        let is_held = |kind: &PathKind| self.verdicts.contains(&(*kind, Verdict::Hold));
        let kind = kinds_of(&candidate.address).find(is_held);
        let kind = kind.unwrap_or(PathKind::Udp);
        let (successes, dials) = self.hub.lock_black_holes().successes(kind);
        let error = DialFailure::BlackHole {
            kind,
            successes,
            dials,
        };
        candidate.failed(Duration::ZERO, error)
    }
}

/// Returns what a failure tells about the path. Of what never left this host it tells nothing.
fn evidence_of(error: &DialFailure) -> Option<Evidence> {
    match error {
        DialFailure::TimedOut { .. } => Some(Evidence::Silent),
        DialFailure::Transport(error) => evidence_in(error),
        DialFailure::Lookup(_)
        | DialFailure::BlackHole { .. }
        | DialFailure::Ourselves
        | DialFailure::Undialable(_) => None,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other errors are about this host"
)]
fn evidence_in(error: &DialError) -> Option<Evidence> {
    match error {
        DialError::Unreachable { .. } => Some(Evidence::Silent),
        DialError::Failed { phase, .. } if *phase == Phase::Contact => Some(Evidence::Silent),
        DialError::Failed { .. } => Some(Evidence::Heard),
        _ => None,
    }
}
