//! UDP sockets.

use std::{
    future::poll_fn,
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use sinew_runtime::{Ecn, ReceivedMeta, UdpOptions, UdpSocket, UdpTransmit};
use sinew_simnet::{Link, Loss, Node, World};
use sinew_testkit::Seed;

#[test]
fn carries_a_datagram_with_its_addresses_and_its_mark() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (from, to) = (bind(&alice, 1000), bind(&bob, 2000));

    let mut transmit = to_socket(&to, b"hello");
    transmit.ecn = Some(Ecn::Ect0);
    from.try_send(&transmit).unwrap();
    let (meta, content) = world.block_on(receive(&to));

    assert_eq!(content, b"hello");
    assert_eq!(meta.remote, from.local_addr().unwrap());
    assert_eq!(meta.local_ip, Some(bob.ipv4()));
    assert_eq!(meta.ecn, Some(Ecn::Ect0));
    assert_eq!(world.elapsed(), Link::default().delay);
}

#[test]
fn picks_ports_and_refuses_those_that_are_taken() {
    let world = World::new(Seed::new(1));
    let alice = world.node("alice");
    let first = bind(&alice, 0);
    let port = first.local_addr().unwrap().port();

    let taken = try_bind(&alice, alice.ipv4(), port);
    let any = try_bind(&alice, Ipv4Addr::UNSPECIFIED.into(), port);
    let other_family = try_bind(&alice, alice.ipv6(), port);
    let foreign = try_bind(&alice, "192.0.2.1".parse().unwrap(), 0);

    assert!(port >= 49_152);
    assert_eq!(taken.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    assert_eq!(any.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    assert!(other_family.is_ok());
    let foreign = foreign.unwrap_err();
    assert_eq!(foreign.kind(), io::ErrorKind::AddrNotAvailable);
    assert!(foreign.to_string().contains("192.0.2.1"), "{foreign}");
    drop(first);
    assert!(try_bind(&alice, alice.ipv4(), port).is_ok());
}

#[test]
fn a_socket_of_every_address_answers_from_the_one_that_fits() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let any = try_bind(&alice, Ipv4Addr::UNSPECIFIED.into(), 7).unwrap();
    let to = bind(&bob, 2000);

    any.try_send(&to_socket(&to, b"hi")).unwrap();
    let (meta, _) = world.block_on(receive(&to));

    assert_eq!(meta.remote, SocketAddr::new(alice.ipv4(), 7));
}

#[test]
fn a_batch_is_cut_into_datagrams_and_received_as_one_buffer() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (from, to) = (bind(&alice, 0), bind(&bob, 0));
    let mut transmit = to_socket(&to, b"aaabbbcc");
    transmit.segment_len = Some(3);

    from.try_send(&transmit).unwrap();
    let (meta, content) = world.block_on(receive(&to));

    assert_eq!(content, b"aaabbbcc");
    assert_eq!((meta.len, meta.stride), (8, 3));
    assert_eq!(world.traffic().delivered, 3);
}

#[test]
fn without_offload_each_datagram_is_sent_and_received_by_itself() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    bob.set_udp_offload(1);
    let (from, to) = (bind(&alice, 0), bind(&bob, 0));
    for content in [b"one", b"two"] {
        from.try_send(&to_socket(&to, content)).unwrap();
    }

    let first = world.block_on(receive(&to)).1;
    let second = world.block_on(receive(&to)).1;

    assert_eq!(to.max_send_segments(), 1);
    assert_eq!([first, second], [b"one", b"two"]);
}

#[test]
fn a_datagram_that_does_not_fit_its_buffer_is_dropped() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (from, to) = (bind(&alice, 0), bind(&bob, 0));
    from.try_send(&to_socket(&to, &[1; 64])).unwrap();
    from.try_send(&to_socket(&to, b"small")).unwrap();
    world.run_for(Duration::from_secs(1));

    let mut memory = [[0; 16]; 2];
    let [first, second] = &mut memory;
    let mut buffers = [IoSliceMut::new(first), IoSliceMut::new(second)];
    let mut metas = [ReceivedMeta::EMPTY; 2];
    let filled = to.try_recv(&mut buffers, &mut metas).unwrap();

    assert_eq!(filled, 2);
    assert_eq!(metas[0].len, 0);
    assert_eq!(&memory[1][..metas[1].len], b"small");
}

#[test]
fn what_arrives_while_nobody_reads_is_bounded() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let from = bind(&alice, 0);
    let mut options = UdpOptions::default();
    options.receive_buffer_bytes = 2_500;
    let to = bob.udp().bind(SocketAddr::new(bob.ipv4(), 0), options);
    let to = to.unwrap();

    for _ in 0..3 {
        from.try_send(&to_socket(&to, &[7; 1000])).unwrap();
    }
    world.run_for(Duration::from_secs(1));

    assert_eq!(world.traffic().delivered, 2);
    assert_eq!(world.traffic().lost[&Loss::BufferFull], 1);
    assert_eq!(to.buffer_sizes().receive_granted, 2_500);
}

#[test]
fn a_full_uplink_blocks_the_sender_until_it_has_drained() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    alice.set_uplink(Link {
        bandwidth: Some(8_000_000),
        queue_bytes: 1 << 20,
        ..Link::ideal()
    });
    let mut options = UdpOptions::default();
    options.send_buffer_bytes = 10_000;
    let from = alice.udp().bind(SocketAddr::new(alice.ipv4(), 0), options);
    let (from, to) = (from.unwrap(), bind(&bob, 0));

    world.block_on(async {
        let mut sent = 0;
        let blocked = loop {
            match from.try_send(&to_socket(&to, &[0; 972])) {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(blocked.kind(), io::ErrorKind::WouldBlock);
        // Each takes 1 ms, and the limit is passed by the one that meets it.
        assert_eq!(sent, 11);
        poll_fn(|cx| from.poll_writable(cx)).await.unwrap();
        from.try_send(&to_socket(&to, &[0; 972])).unwrap();
    });

    assert!(world.elapsed() >= Duration::from_millis(1));
}

#[test]
fn datagrams_within_a_node_need_no_network() {
    let world = World::new(Seed::new(1));
    let alice = world.node_at("alice", &[]);
    let localhost = IpAddr::from(Ipv4Addr::LOCALHOST);
    let from = try_bind(&alice, localhost, 0).unwrap();
    let to = try_bind(&alice, localhost, 0).unwrap();

    from.try_send(&to_socket(&to, b"me")).unwrap();

    assert_eq!(world.block_on(receive(&to)).1, b"me");
}

#[test]
fn what_cannot_be_sent_is_an_error_and_what_nobody_hears_is_not() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (
        world.node_at("alice", &["20.9.9.9".parse().unwrap()]),
        world.node("bob"),
    );
    let from = try_bind(&alice, alice.ipv4(), 0).unwrap();
    let send = |remote: SocketAddr| {
        let mut transmit = to_socket(&from, b"x");
        transmit.remote = remote;
        from.try_send(&transmit).map_err(|error| error.kind())
    };

    let wrong_family = send(SocketAddr::new(bob.ipv6(), 1));
    let no_port = send(SocketAddr::new(bob.ipv4(), 0));
    let nobody_listens = send(SocketAddr::new(bob.ipv4(), 1));
    let nobody_there = send("192.0.2.1:1".parse().unwrap());
    world.run_for(Duration::from_secs(1));

    assert_eq!(wrong_family, Err(io::ErrorKind::InvalidInput));
    assert_eq!(no_port, Err(io::ErrorKind::InvalidInput));
    assert_eq!((nobody_listens, nobody_there), (Ok(()), Ok(())));
    let lost = world.traffic().lost;
    assert_eq!(lost[&Loss::NoSuchPort], 1);
    assert_eq!(lost[&Loss::NoSuchAddress], 1);
}

pub(crate) fn bind(node: &Node, port: u16) -> Arc<dyn UdpSocket> {
    try_bind(node, node.ipv4(), port).unwrap()
}

fn try_bind(node: &Node, ip: IpAddr, port: u16) -> io::Result<Arc<dyn UdpSocket>> {
    node.udp()
        .bind(SocketAddr::new(ip, port), UdpOptions::default())
}

pub(crate) fn to_socket<'a>(to: &Arc<dyn UdpSocket>, contents: &'a [u8]) -> UdpTransmit<'a> {
    UdpTransmit {
        remote: to.local_addr().unwrap(),
        local_ip: None,
        ecn: None,
        contents,
        segment_len: None,
    }
}

pub(crate) async fn receive(socket: &Arc<dyn UdpSocket>) -> (ReceivedMeta, Vec<u8>) {
    let mut memory = vec![0; 65_536];
    loop {
        poll_fn(|cx| socket.poll_readable(cx)).await.unwrap();
        let mut metas = [ReceivedMeta::EMPTY];
        if socket
            .try_recv(&mut [IoSliceMut::new(&mut memory)], &mut metas)
            .is_ok()
        {
            memory.truncate(metas[0].len);
            return (metas[0], memory);
        }
    }
}
