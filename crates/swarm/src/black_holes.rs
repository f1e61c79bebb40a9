//! Whether a kind of path is a black hole: pure, driven by results.

use std::collections::VecDeque;

use sinew_multiaddr::{Address, TransportKind};

use crate::{BlackHoleDetection, PathKind, PathState};

/// What is known of each kind of path.
#[derive(Debug)]
pub(crate) struct BlackHoles {
    udp: Detector,
    ipv6: Detector,
}

/// Whether an attempt may dial over a kind of path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admit,
    /// The path is blocked; this attempt finds out whether it still is.
    Probe,
    Hold,
}

/// How a dial went, as far as the path is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// The other end was heard.
    Heard,
    /// It was not.
    Silent,
}

/// ```text
/// Probing ──(window full)──► Allowed ◄──► Blocked
///    ▲                                      │ a success
///    └──────────────────────────────────────┘
/// ```
#[derive(Debug)]
struct Detector {
    /// `None`: nothing is ever blocked.
    config: Option<BlackHoleDetection>,
    /// The latest, at most `window` of them.
    results: VecDeque<Evidence>,
    /// Attempts since the path was blocked.
    attempts: u32,
}

impl BlackHoles {
    pub(crate) fn new(config: Option<BlackHoleDetection>) -> Self {
        Self {
            udp: Detector::new(config),
            ipv6: Detector::new(config),
        }
    }

    pub(crate) fn state(&self, kind: PathKind) -> PathState {
        self.of(kind).state()
    }

    /// Returns how many dials of how many succeeded, of those that are looked at.
    pub(crate) fn successes(&self, kind: PathKind) -> (usize, usize) {
        let detector = self.of(kind);
        (detector.successes(), detector.results.len())
    }

    /// Decides for one attempt, which counts.
    pub(crate) fn admit(&mut self, kind: PathKind) -> Verdict {
        self.of_mut(kind).admit()
    }

    /// Takes a result, and returns the state when that has changed.
    pub(crate) fn record(&mut self, kind: PathKind, evidence: Evidence) -> Option<PathState> {
        let detector = self.of_mut(kind);
        let before = detector.state();
        detector.record(evidence);
        let after = detector.state();
        (before != after).then_some(after)
    }

    fn of(&self, kind: PathKind) -> &Detector {
        match kind {
            PathKind::Udp => &self.udp,
            PathKind::Ipv6 => &self.ipv6,
        }
    }

    fn of_mut(&mut self, kind: PathKind) -> &mut Detector {
        match kind {
            PathKind::Udp => &mut self.udp,
            PathKind::Ipv6 => &mut self.ipv6,
        }
    }
}

impl Detector {
    fn new(config: Option<BlackHoleDetection>) -> Self {
        Self {
            config,
            results: VecDeque::new(),
            attempts: 0,
        }
    }

    fn state(&self) -> PathState {
        let Some(config) = self.config else {
            return PathState::Allowed;
        };
        if self.results.len() < config.window.max(1) {
            return PathState::Probing;
        }
        if self.successes() >= config.min_successes {
            PathState::Allowed
        } else {
            PathState::Blocked
        }
    }

    fn successes(&self) -> usize {
        let heard = self.results.iter().filter(|it| **it == Evidence::Heard);
        heard.count()
    }

    fn admit(&mut self) -> Verdict {
        let Some(config) = self.config else {
            return Verdict::Admit;
        };
        if self.state() != PathState::Blocked {
            return Verdict::Admit;
        }
        self.attempts += 1;
        if self.attempts < config.probe_every {
            return Verdict::Hold;
        }
        self.attempts = 0;
        Verdict::Probe
    }

    fn record(&mut self, evidence: Evidence) {
        let Some(config) = self.config else {
            return;
        };
        if self.state() == PathState::Blocked && evidence == Evidence::Heard {
            // A path works or it does not; what was seen before tells nothing any more.
            self.results.clear();
            self.attempts = 0;
        }
        if self.results.len() >= config.window.max(1) {
            self.results.pop_front();
        }
        self.results.push_back(evidence);
    }
}

/// Returns the kinds of paths that a dial of `address` tells something about.
pub(crate) fn kinds_of(address: &Address) -> impl Iterator<Item = PathKind> + use<> {
    let ip = address.ip().filter(|_| is_public(address));
    let is_udp = ip.is_some() && address.transport() == Some(TransportKind::QuicV1);
    let is_ipv6 = ip.is_some_and(|ip| ip.to_canonical().is_ipv6());
    let udp = is_udp.then_some(PathKind::Udp);
    udp.into_iter().chain(is_ipv6.then_some(PathKind::Ipv6))
}

/// Returns whether the way to an address leads out of the network.
pub(crate) fn is_public(address: &Address) -> bool {
    address.ip().is_some() && !address.is_private() && !address.is_loopback()
}

#[cfg(test)]
mod tests;
