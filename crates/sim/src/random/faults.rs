//! What goes wrong.

use std::time::{Duration, SystemTime};

use sinew_simnet::{Cut, Protocol, World};

use super::{
    hosts::Hosts,
    plan::{Fault, FaultKind, Plan},
};

/// Has everything go wrong that is planned, each in its time, and returns when nothing is wrong any more.
pub(super) async fn all(world: &World, hosts: &Hosts, plan: &Plan) {
    let each = plan
        .faults
        .iter()
        .map(|fault| one(world, hosts, plan, *fault));
    futures_util::future::join_all(each).await;
}

async fn one(world: &World, hosts: &Hosts, plan: &Plan, fault: Fault) {
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
        FaultKind::Weather(lasts, link) => {
            world.set_default_link(link);
            world.sleep(lasts).await;
            world.set_default_link(plan.link);
        }
        FaultKind::ClockJump(host, seconds) => {
            let node = hosts.node(host);
            let wall = node.runtime().wall();
            node.set_wall_clock(jump(wall, seconds));
        }
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
    hosts.start(host).await;
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
