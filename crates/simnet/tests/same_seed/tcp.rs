//! TCP connections, without a transport above them.

use std::{future::poll_fn, io::IoSlice, net::SocketAddr, time::Duration};

use futures_util::future::join_all;
use sinew_runtime::{TcpOptions, TcpStream};
use sinew_simnet::{Link, Node, World};
use sinew_testkit::Seed;

use crate::assert_same;

#[test]
fn two_runs_of_one_seed_send_the_same_segments_at_the_same_times() {
    assert_same(&run(1), &run(1));
}

#[test]
fn another_seed_is_another_run() {
    assert_ne!(run(1).digest(), run(2).digest());
}

/// Connections that share a bad link, one of which is dropped in the middle.
fn run(seed: u64) -> World {
    let world = World::new(Seed::new(seed));
    world.keep_log();
    world.set_default_link(Link {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(3),
        bandwidth: Some(20_000_000),
        loss: 0.01,
        duplication: 0.01,
        reordering: 0.01,
        ..Link::default()
    });
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.block_on(async {
        let address = SocketAddr::new(bob.ipv4(), 80);
        let echoing = bob.tcp().listen(address, TcpOptions::default());
        let (mut echoing, server) = (echoing.unwrap(), bob.clone());
        bob.spawn("accepts", async move {
            loop {
                let (stream, _) = poll_fn(|cx| echoing.poll_accept(cx)).await.unwrap();
                server.spawn("echoes", echo(stream));
            }
        });
        let talks = (0..8).map(|number| talk(&world, &alice, address, 30_000 * number));
        join_all(talks).await;
    });
    world
}

async fn talk(world: &World, node: &Node, address: SocketAddr, len: usize) {
    let stream = node.tcp().connect(address, TcpOptions::default()).await;
    let mut stream = stream.unwrap();
    let mut left = vec![9; len];
    let mut buf = [0; 4096];
    while !left.is_empty() {
        let piece = left.len().min(4096);
        let taken = poll_fn(|cx| stream.poll_write_vectored(cx, &[IoSlice::new(&left[..piece])]));
        left.drain(..taken.await.unwrap());
        if len == 60_000 && left.len() < 20_000 {
            return;
        }
        let reading = poll_fn(|cx| stream.poll_read(cx, &mut buf));
        // Whatever has come back by now.
        world.timeout(Duration::from_millis(2), reading).await.ok();
    }
    poll_fn(|cx| stream.poll_shutdown(cx)).await.unwrap();
    while poll_fn(|cx| stream.poll_read(cx, &mut buf)).await.unwrap() > 0 {}
}

async fn echo(mut stream: Box<dyn TcpStream>) {
    let mut buf = [0; 4096];
    loop {
        let Ok(len @ 1..) = poll_fn(|cx| stream.poll_read(cx, &mut buf)).await else {
            return;
        };
        let mut left = &buf[..len];
        while !left.is_empty() {
            let written = poll_fn(|cx| stream.poll_write_vectored(cx, &[IoSlice::new(left)]));
            let Ok(written) = written.await else {
                return;
            };
            left = &left[written..];
        }
    }
}
