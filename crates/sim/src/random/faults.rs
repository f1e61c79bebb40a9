//! What goes wrong.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    time::{Duration, SystemTime},
};

use sinew_simnet::{Cut, Link, Protocol, World};

use super::{
    hosts::Hosts,
    plan::{Fault, FaultKind, Plan},
};

/// Has everything go wrong that is planned, each in its time, and returns when nothing is wrong any more.
pub(super) async fn all(world: &World, hosts: &Hosts, plan: &Plan) {
    let sky = Sky::new(world, plan.link);
    let each = plan
        .faults
        .iter()
        .map(|fault| one(world, hosts, &sky, *fault));
    futures_util::future::join_all(each).await;
}

async fn one(world: &World, hosts: &Hosts, sky: &Sky<'_>, fault: Fault) {
    world.sleep(fault.at).await;
    match fault.kind {
        FaultKind::Partition(one, other, lasts) => {
            let cut = Cut::between([hosts.node(one)], [hosts.node(other)]);
            cut_for(world, cut, lasts).await;
        }
        FaultKind::BlackHole(from, to, lasts) => {
            let cut = Cut::everything()
                .from([hosts.node(from)])
                .to([hosts.node(to)]);
            cut_for(world, cut, lasts).await;
        }
        FaultKind::NoUdp(lasts) => {
            cut_for(world, Cut::everything().protocol(Protocol::Udp), lasts).await;
        }
        FaultKind::Crash(host, lasts) => crash(world, hosts, host, lasts).await,
        FaultKind::Rebind(host) => rebind(hosts, host),
        FaultKind::Away(host, lasts) => {
            if leave_home(hosts, host) {
                world.sleep(lasts).await;
                come_home(hosts, host);
            }
        }
        FaultKind::Weather(lasts, link) => {
            let weather = sky.turn(link);
            world.sleep(lasts).await;
            sky.clear(weather);
        }
        FaultKind::ClockJump(host, seconds) => {
            let node = hosts.node(host);
            let wall = node.runtime().wall();
            node.set_wall_clock(jump(wall, seconds));
        }
    }
}

/// The link that lies everywhere: the plain one, or that of the weather which came last of those that go on.
struct Sky<'a> {
    world: &'a World,
    plain: Link,
    weathers: RefCell<BTreeMap<u64, Link>>,
    last: Cell<u64>,
}

impl<'a> Sky<'a> {
    fn new(world: &'a World, plain: Link) -> Self {
        Self {
            world,
            plain,
            weathers: RefCell::default(),
            last: Cell::new(0),
        }
    }

    /// Brings a weather, to be cleared by the number that is returned.
    fn turn(&self, link: Link) -> u64 {
        let number = self.last.get() + 1;
        self.last.set(number);
        self.weathers.borrow_mut().insert(number, link);
        self.set();
        number
    }

    fn clear(&self, weather: u64) {
        self.weathers.borrow_mut().remove(&weather);
        self.set();
    }

    fn link(&self) -> Link {
        let weathers = self.weathers.borrow();
        weathers.values().next_back().copied().unwrap_or(self.plain)
    }

    fn set(&self) {
        self.world.set_default_link(self.link());
    }
}

async fn cut_for(world: &World, cut: Cut, lasts: Duration) {
    let cut = world.cut(cut);
    world.sleep(lasts).await;
    world.lift(cut);
}

async fn crash(world: &World, hosts: &Hosts, host: usize, lasts: Duration) {
    let node = hosts.node(host);
    // It may be down already.
    if !node.is_up() || hosts.get(host).is_none() {
        return;
    }
    node.crash();
    hosts.forget(host);
    world.sleep(lasts).await;
    node.restart();
    come_home(hosts, host);
    hosts.start(host).await;
}

/// Gives a host another address in place of its own, as when it changes from one network to another. Returns
/// `false` if it is down, or away already.
fn leave_home(hosts: &Hosts, host: usize) -> bool {
    let (node, home) = (hosts.node(host), hosts.home(host));
    let IpAddr::V4(own) = home else {
        return false;
    };
    if !node.is_up() || node.ipv4() != home {
        return false;
    }
    // 112.1.0.1 in place of 20.1.0.1: nobody else has it.
    node.add_address(Ipv4Addr::from_bits(own.to_bits() ^ 100 << 24).into());
    node.remove_address(home);
    true
}

/// Gives a host its own address back, unless it has it.
fn come_home(hosts: &Hosts, host: usize) {
    let (node, home) = (hosts.node(host), hosts.home(host));
    let away = node.ipv4();
    if away != home {
        node.add_address(home);
        node.remove_address(away);
    }
}

/// Has the NAT forget the ports by which a host has dialed. The one at which others dial it is forwarded, and
/// stays.
fn rebind(hosts: &Hosts, host: usize) {
    let Some(running) = hosts.get(host) else {
        return;
    };
    let listening: Vec<_> = hosts
        .addresses(host)
        .iter()
        .filter_map(|it| it.port())
        .collect();
    let mut ports: Vec<_> = running
        .connections()
        .iter()
        .filter_map(|connection| connection.local_address.port())
        .filter(|port| !listening.contains(port))
        .collect();
    ports.sort_unstable();
    ports.dedup();
    for port in ports {
        hosts.node(host).rebind_nat(port);
    }
}

fn jump(wall: SystemTime, seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let jumped = if seconds < 0 {
        wall.checked_sub(distance)
    } else {
        wall.checked_add(distance)
    };
    jumped.unwrap_or(wall)
}

#[cfg(test)]
mod tests;
