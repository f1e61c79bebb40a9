//! What will happen in a world, drawn before it begins.

use std::time::Duration;

use rand::{RngExt as _, rngs::StdRng};
use sinew_simnet::Link;
use sinew_testkit::Seed;

/// What will happen in a world.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where everything random in the world comes from.
    pub seed: Seed,
    /// How many hosts were asked for, if any number was: it is part of how a failure is replayed.
    pub asked_hosts: Option<usize>,
    /// Its hosts. The first is always one that listens.
    pub hosts: Vec<HostPlan>,
    /// What lies between them.
    pub link: Link,
    /// What applications do, in the order of time.
    pub jobs: Vec<Job>,
    /// What goes wrong, in the order of time. Without any, and with room for everybody, nothing may fail.
    pub faults: Vec<Fault>,
    /// Whether hosts have so little room that some work is refused.
    pub is_tight: bool,
}

/// One host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPlan {
    /// Whether it can be dialed over QUIC.
    pub quic: bool,
    /// Whether it can be dialed over TCP.
    pub tcp: bool,
}

/// Something that an application does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Job {
    /// When.
    pub at: Duration,
    /// Which host.
    pub from: usize,
    /// With which other.
    pub to: usize,
    /// What.
    pub work: Work,
}

/// What an application does with a peer, to which it connects first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    /// Sends so many bytes and waits until the peer says that it has them.
    Letter(Letter),
    /// The same so many times at once.
    Burst(u16, Letter),
    /// Sends so many bytes and expects them back.
    Echo(u32),
    /// Measures a round trip.
    Ping,
    /// Asks who the peer is.
    Identify,
    /// Begins to connect, and no longer wants to after so long.
    GiveUpDialing(Duration),
    /// Dials the peer as somebody else, which must fail.
    DialAsAnother,
    /// Asks for a protocol that the peer does not serve, which must fail.
    UnknownProtocol,
    /// Closes all connections with the peer.
    Disconnect,
}

/// A letter, and how its two ends behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Bytes.
    pub len: u32,
    /// After how many bytes the writer leaves, and how.
    pub writer_leaves: Option<(u32, Leave)>,
    /// After how many bytes the reader leaves, and how.
    pub reader_leaves: Option<(u32, Leave)>,
    /// How long the reader waits before it reads on, each time.
    pub reader_waits: Duration,
}

/// How somebody leaves a stream in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Drops it.
    Drop,
    /// Resets it, or stops reading it.
    Reset,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// When.
    pub at: Duration,
    /// What.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Two hosts hear nothing of each other for so long.
    Partition(usize, usize, Duration),
    /// The second hears nothing of the first for so long.
    BlackHole(usize, usize, Duration),
    /// Nobody's datagrams arrive for so long; TCP goes on.
    NoUdp(Duration),
    /// A host goes down, and comes back after so long with the same identity.
    Crash(usize, Duration),
    /// The NAT before a host forgets its ports.
    Rebind(usize),
    /// A host has another address in place of its own for so long. Whoever dials it knows its own alone.
    Away(usize, Duration),
    /// Everything is worse for so long: the link that lies everywhere meanwhile.
    Weather(Duration, Link),
    /// The wall clock of a host jumps by so many seconds.
    ClockJump(usize, i64),
}

impl Plan {
    /// Draws a world. `asked_hosts` is how many hosts there are, at least two; drawn too when it is not given.
    pub fn draw(seed: Seed, asked_hosts: Option<usize>) -> Self {
        let rng = &mut seed.child("plan").rng();
        let count = asked_hosts
            .unwrap_or_else(|| rng.random_range(2..=6))
            .max(2);
        let hosts: Vec<_> = (0..count).map(|number| host(rng, number)).collect();
        let listening: Vec<_> = (0..count).filter(|it| listens(&hosts, *it)).collect();
        // All at once, or one after another.
        let horizon = Duration::from_millis(rng.random_range(1_000..=30_000));
        let job_count = rng.random_range(10..=50) + 2 * count;
        let mut jobs: Vec<_> = (0..job_count)
            .map(|_| job(rng, horizon, count, &listening))
            .collect();
        jobs.retain(|job| job.from != job.to);
        jobs.sort_by_key(|job| job.at);
        let is_calm = rng.random_bool(0.3);
        if is_calm {
            // It cuts off whatever else goes on between the two.
            jobs.retain(|job| job.work != Work::Disconnect);
        }
        let fault_count = if is_calm { 0 } else { rng.random_range(1..=10) };
        let link = link(rng, is_calm);
        let mut faults: Vec<_> = (0..fault_count)
            .map(|_| fault(rng, horizon, count, link))
            .collect();
        faults.sort_by_key(|fault| fault.at);
        Self {
            seed,
            asked_hosts,
            hosts,
            link,
            jobs,
            faults,
            is_tight: !is_calm && rng.random_bool(0.2),
        }
    }

    /// Returns whether nothing that an application does may fail, unless it is meant to.
    pub fn is_calm(&self) -> bool {
        self.faults.is_empty() && !self.is_tight
    }

    /// Returns whether anybody can dial a host.
    pub fn listens(&self, host: usize) -> bool {
        listens(&self.hosts, host)
    }
}

fn listens(hosts: &[HostPlan], host: usize) -> bool {
    hosts.get(host).is_some_and(|it| it.quic || it.tcp)
}

fn host(rng: &mut StdRng, number: usize) -> HostPlan {
    let (quic, tcp) = match rng.random_range(0..8) {
        0 | 1 => (true, false),
        2 | 3 => (false, true),
        // Somebody must be there to be dialed.
        4 if number > 0 => (false, false),
        _ => (true, true),
    };
    HostPlan { quic, tcp }
}

fn link(rng: &mut StdRng, is_calm: bool) -> Link {
    let worst = if is_calm { 0.005 } else { 0.03 };
    let mut share = || {
        if rng.random_bool(0.5) {
            rng.random_range(0.0..worst)
        } else {
            0.0
        }
    };
    let (loss, duplication, reordering, corruption) = (share(), share(), share(), share());
    let delay = Duration::from_millis(rng.random_range(0..=120));
    Link {
        delay,
        jitter: delay / rng.random_range(5..20),
        bandwidth: rng
            .random_bool(0.6)
            .then(|| rng.random_range(2_000_000..500_000_000)),
        queue_bytes: rng.random_range(32 << 10..1 << 20),
        loss,
        duplication,
        reordering,
        corruption: if is_calm { 0.0 } else { corruption },
        // QUIC needs 1,200 bytes of payload.
        mtu: rng.random_range(1280..=1500),
        ..Link::default()
    }
}

fn job(rng: &mut StdRng, horizon: Duration, hosts: usize, listening: &[usize]) -> Job {
    let to = rng.random_range(0..listening.len().max(1));
    Job {
        at: horizon.mul_f64(rng.random_range(0.0..1.0)),
        from: rng.random_range(0..hosts),
        to: listening.get(to).copied().unwrap_or_default(),
        work: work(rng),
    }
}

fn work(rng: &mut StdRng) -> Work {
    match rng.random_range(0..20) {
        0 => Work::Ping,
        1 => Work::Identify,
        2 => Work::GiveUpDialing(Duration::from_millis(rng.random_range(0..400))),
        3 => Work::DialAsAnother,
        4 => Work::UnknownProtocol,
        5 => Work::Disconnect,
        6 | 7 => Work::Burst(rng.random_range(2..60), letter(rng, 20_000)),
        8 => Work::Letter(letter(rng, 3_000_000)),
        9 => Work::Echo(rng.random_range(0..200_000)),
        _ => Work::Letter(letter(rng, 200_000)),
    }
}

fn letter(rng: &mut StdRng, longest: u32) -> Letter {
    // Many short ones, a few long ones, and now and then nothing.
    let len = match rng.random_range(0..10) {
        0 => 0,
        1..=3 => rng.random_range(1..200),
        _ => rng.random_range(1..longest),
    };
    Letter {
        len,
        writer_leaves: leaves(rng, len),
        reader_leaves: leaves(rng, len),
        reader_waits: if rng.random_bool(0.1) {
            Duration::from_millis(rng.random_range(1..50))
        } else {
            Duration::ZERO
        },
    }
}

fn leaves(rng: &mut StdRng, len: u32) -> Option<(u32, Leave)> {
    if len == 0 || rng.random_bool(0.85) {
        return None;
    }
    let leave = if rng.random_bool(0.5) {
        Leave::Drop
    } else {
        Leave::Reset
    };
    Some((rng.random_range(0..len), leave))
}

fn fault(rng: &mut StdRng, horizon: Duration, hosts: usize, link: Link) -> Fault {
    let one = rng.random_range(0..hosts);
    let other = (one + rng.random_range(1..hosts)) % hosts;
    let long = Duration::from_millis(rng.random_range(100..60_000));
    let short = Duration::from_millis(rng.random_range(50..5_000));
    let kind = match rng.random_range(0..9) {
        0 => FaultKind::Partition(one, other, long),
        1 => FaultKind::Partition(one, other, short),
        2 => FaultKind::BlackHole(one, other, short),
        3 => FaultKind::NoUdp(short),
        4 => FaultKind::Crash(one, long),
        5 => FaultKind::Rebind(one),
        6 => FaultKind::ClockJump(one, rng.random_range(-MAX_JUMP..=MAX_JUMP)),
        7 => FaultKind::Away(one, long),
        _ => FaultKind::Weather(
            short,
            Link {
                loss: rng.random_range(0.0..0.3),
                jitter: Duration::from_millis(rng.random_range(1..100)),
                ..link
            },
        ),
    };
    Fault {
        at: horizon.mul_f64(rng.random_range(0.0..1.0)),
        kind,
    }
}

/// As many of these as there are faults leave all certificates valid everywhere: they are so from an hour before
/// they were made.
const MAX_JUMP: i64 = 170;
