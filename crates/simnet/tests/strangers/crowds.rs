//! Strangers who come in great number from one place.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use sinew::{Address, Event, Events, Host, Limit};
use sinew_runtime::{TcpOptions, TcpStream};
use sinew_simnet::{Node, World};
use sinew_tcp::Config;
use sinew_transport::{ConnectionCode, Dial, Transport};

use crate::lines::{RTT, world};

#[test]
fn thousands_who_say_nothing_from_one_prefix_leave_room_for_others() {
    let (world, honest, victim) = world();
    let places = prefix();
    let crowd = world.node_at("crowd", &places);
    world.block_on(async {
        let (bob, address) = listen(&victim).await;
        let mut events = bob.events();
        let mut held = Vec::new();
        for number in 0..2000 {
            let from = places[number % places.len()];
            held.push(knock(&crowd, from, &victim).await);
        }

        let usage = bob.swarm().usage();

        let limits = bob.config().limits;
        assert_eq!(usage.pending_inbound, limits.max_pending_inbound_per_prefix);
        assert_eq!(usage.inbound_connections, usage.pending_inbound);
        until_limit(&mut events, Limit::PendingInboundPerPrefix).await;
        let alice = honest.host().start().await.unwrap();
        let begun = world.elapsed();
        alice.connect(address).await.unwrap();
        assert!(world.elapsed() - begun <= 6 * RTT, "nobody stood in line");

        // Those who say nothing have their time, and then nothing is left of them.
        world.sleep(Duration::from_secs(30)).await;
        let usage = bob.swarm().usage();
        assert_eq!(usage.inbound_connections, 1);
        assert_eq!(usage.inbound_addresses, 1);
        drop(held);
    });
}

#[test]
fn one_who_comes_and_goes_is_held_to_its_rate_and_others_are_not() {
    let (world, honest, victim) = world();
    let restless = world.node("restless");
    world.block_on(async {
        let (bob, address) = listen(&victim).await;
        let mut events = bob.events();
        let transport = restless.tcp_transport(Config::default());
        let begun = world.elapsed();
        let mut successes = 0;
        for _ in 0..400 {
            if let Ok(connection) = transport.dial(Dial::new(address.clone())).await {
                successes += 1;
                connection.close(ConnectionCode::NO_ERROR, "");
            }
        }
        let took = world.elapsed() - begun;

        let rate = bob.config().limits.inbound_rate_per_address;
        let earned = took.as_secs() * u64::from(rate.per_minute) / 60;
        let allowed = u64::from(rate.burst) + earned + 1;
        assert!(successes <= allowed, "{successes} of {allowed} in {took:?}");
        assert!(successes + 5 >= allowed, "{successes} of {allowed}");
        until_limit(&mut events, Limit::InboundRatePerAddress).await;
        let alice = honest.host().start().await.unwrap();
        alice.connect(address.clone()).await.unwrap();

        // It is earned back.
        world.sleep(Duration::from_secs(60)).await;
        transport.dial(Dial::new(address)).await.unwrap();
        transport.shutdown().await;
    });
}

#[test]
fn a_handshake_that_took_the_last_place_is_not_kept_from_its_end() {
    let took = |maximum| {
        let (world, honest, victim) = world();
        world.block_on(async {
            let mut config = sinew::Config::default();
            config.limits.max_inbound_per_address = maximum;
            let address = Address::quic((victim.ipv4(), 4001).into());
            let builder = victim.host().config(config).listen(address);
            let bob = builder.start().await.unwrap();
            let alice = honest.host().start().await.unwrap();
            let address = bob.listen_addresses().remove(0);

            let begun = world.elapsed();
            alice.connect(address).await.unwrap();
            while bob.connections().is_empty() {
                world.sleep(RTT / 40).await;
            }
            world.elapsed() - begun
        })
    };

    // The last packets of a handshake begin like the first ones of another.
    assert_eq!(took(1), took(32));
}

/// Starts a host that listens over TCP.
async fn listen(node: &Node) -> (Host, Address) {
    let address = Address::tcp((node.ipv4(), 4001).into());
    let host = node.host().listen(address).start().await.unwrap();
    let address = host.listen_addresses().remove(0);
    (host, address)
}

/// Connects, and says nothing.
async fn knock(from: &Node, address: IpAddr, to: &Node) -> Option<Box<dyn TcpStream>> {
    let mut options = TcpOptions::default();
    options.local = Some(SocketAddr::new(address, 0));
    let to = SocketAddr::new(to.ipv4(), 4001);
    from.tcp().connect(to, options).await.ok()
}

async fn until_limit(events: &mut Events, limit: Limit) {
    loop {
        if let Some(Event::LimitReached(exceeded)) = events.next().await
            && exceeded.limit == limit
        {
            let text = exceeded.to_string();
            assert!(text.contains(limit.name()), "{text}");
            assert_eq!(exceeded.current, exceeded.maximum, "{text}");
            return;
        }
    }
}

/// All addresses of one prefix.
pub(crate) fn prefix() -> Vec<IpAddr> {
    (1..=250)
        .map(|last| Ipv4Addr::new(203, 0, 113, last).into())
        .collect()
}

/// An address in each of as many prefixes.
pub(crate) fn prefixes() -> Vec<IpAddr> {
    (1..=250)
        .map(|third| Ipv4Addr::new(198, 51, third, 1).into())
        .collect()
}

pub(crate) fn place_in_the_prefix(world: &World, name: &str) -> Node {
    world.node_at(name, &[Ipv4Addr::new(203, 0, 113, 251).into()])
}
