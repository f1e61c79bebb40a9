//! In which order the addresses of a peer are dialed, and when: pure, no clock and no socket.

use std::{collections::BTreeMap, time::Duration};

use sinew_multiaddr::{Address, TransportKind};

use crate::{DialDelays, candidate::Candidate};

/// The addresses of one attempt that are not dialed yet. [`DialDelays`] tells the rules.
///
/// Time is what has passed since the attempt began. Addresses may come at any time, and find their place
/// behind what was dialed before they came.
#[derive(Debug)]
pub(crate) struct DialPlan {
    delays: DialDelays,
    lanes: BTreeMap<Place, Lane>,
}

/// What the addresses of a lane have in common. Those that come first in order go first when both are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    scope: Scope,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// Within this machine or its network.
    Private,
    Public,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Quic,
    Tcp,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Ipv6,
    Ipv4,
    /// The address leads to no machine.
    None,
}

/// The addresses of one place. There is no lane without an address, waiting or dialed.
#[derive(Debug, Default)]
struct Lane {
    /// In the order in which they came.
    waiting: Vec<Candidate>,
    /// When the latest dial began, and of which family it was.
    latest: Option<(Duration, Family)>,
    /// Families that were dialed.
    tried: Vec<Family>,
    /// When the latest of them was dialed for the first time.
    tried_at: Duration,
}

impl DialPlan {
    pub(crate) fn new(delays: DialDelays) -> Self {
        Self {
            delays,
            lanes: BTreeMap::new(),
        }
    }

    /// Adds an address that is ready to be dialed.
    pub(crate) fn insert(&mut self, candidate: Candidate) {
        let lane = self.lanes.entry(Place::of(&candidate.address)).or_default();
        lane.waiting.push(candidate);
    }

    /// Returns when the next address is due, if there is one.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        let (due, _) = self.next()?;
        Some(due)
    }

    /// Takes the next address if it is due `now`.
    pub(crate) fn take_due(&mut self, now: Duration) -> Option<Candidate> {
        let (due, place) = self.next()?;
        (due <= now).then(|| self.take(place, now))?
    }

    /// Takes the next address before its time.
    pub(crate) fn take_next(&mut self, now: Duration) -> Option<Candidate> {
        let (_, place) = self.next()?;
        self.take(place, now)
    }

    fn next(&self) -> Option<(Duration, Place)> {
        let lanes = self.lanes.iter().filter(|(_, it)| !it.waiting.is_empty());
        lanes
            .map(|(place, lane)| (self.due(*place, lane), *place))
            .min()
    }

    fn take(&mut self, place: Place, now: Duration) -> Option<Candidate> {
        self.lanes.get_mut(&place)?.take(now)
    }

    /// Returns when the next address of a lane is due.
    fn due(&self, place: Place, lane: &Lane) -> Duration {
        match lane.latest {
            Some((latest, _)) => latest.saturating_add(self.step(place)),
            None => self.opens(place),
        }
    }

    /// Returns when a lane that was not used yet opens: a step after the one before it has settled.
    fn opens(&self, place: Place) -> Duration {
        let first = Place {
            kind: Kind::Quic,
            ..place
        };
        match self.lanes.range(first..place).next_back() {
            Some((before, lane)) => self.settles(*before, lane).saturating_add(self.step(place)),
            None => Duration::ZERO,
        }
    }

    /// Returns when each family of a lane has been dialed once.
    fn settles(&self, place: Place, lane: &Lane) -> Duration {
        let untried = lane.untried();
        let (begun, to_come) = match lane.latest {
            Some(_) => (lane.tried_at, untried),
            None => (self.opens(place), untried.saturating_sub(1)),
        };
        begun.saturating_add(self.step(place).saturating_mul(to_come))
    }

    fn step(&self, place: Place) -> Duration {
        let delays = match place.scope {
            Scope::Private => &self.delays.private,
            Scope::Public => &self.delays.public,
        };
        match place.kind {
            Kind::Quic => delays.quic,
            Kind::Tcp => delays.tcp,
            Kind::Other => delays.other,
        }
    }
}

impl Lane {
    /// Returns how many families wait to be dialed for the first time.
    fn untried(&self) -> u32 {
        let waits = |family| self.families().any(|it| it == family);
        let all = [Family::Ipv6, Family::Ipv4, Family::None];
        let untried = all.map(|family| u32::from(waits(family) && !self.tried.contains(&family)));
        untried.iter().sum()
    }

    /// Takes an address of another family than the latest one, if there is any; IPv6 first.
    fn take(&mut self, now: Duration) -> Option<Candidate> {
        let latest = self.latest.map(|(_, family)| family);
        let families = self.families().enumerate();
        let (index, family) = families.min_by_key(|(_, it)| (Some(*it) == latest, *it))?;
        self.latest = Some((now, family));
        if !self.tried.contains(&family) {
            self.tried.push(family);
            self.tried_at = now;
        }
        Some(self.waiting.remove(index))
    }

    fn families(&self) -> impl Iterator<Item = Family> {
        self.waiting.iter().map(|it| Family::of(&it.address))
    }
}

impl Place {
    fn of(address: &Address) -> Self {
        let is_near = address.ip().is_none() || address.is_loopback() || address.is_private();
        Self {
            scope: if is_near {
                Scope::Private
            } else {
                Scope::Public
            },
            kind: match address.transport() {
                Some(TransportKind::QuicV1) => Kind::Quic,
                Some(TransportKind::Tcp) => Kind::Tcp,
                _ => Kind::Other,
            },
        }
    }
}

impl Family {
    fn of(address: &Address) -> Self {
        match address.ip() {
            Some(ip) if ip.to_canonical().is_ipv6() => Self::Ipv6,
            Some(_) => Self::Ipv4,
            None => Self::None,
        }
    }
}

#[cfg(test)]
mod tests;
