//! TCP connections on a network that works.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    net::SocketAddr,
    time::Duration,
};

use sinew_runtime::{TcpListener, TcpOptions, TcpStream};
use sinew_simnet::{Link, Node, World};
use sinew_testkit::Seed;

const DELAY: Duration = Duration::from_millis(50);

#[test]
fn a_handshake_takes_one_round_trip() {
    let (world, alice, bob) = apart();
    let mut listener = listen(&bob, 80);

    world.block_on(async {
        let stream = connect(&alice, &*listener).await.unwrap();
        assert_eq!(world.elapsed(), 2 * DELAY);
        let accepted = accept(&mut *listener).await;
        assert_eq!(world.elapsed(), 3 * DELAY);
        assert_eq!(stream.local_addr().unwrap(), accepted.peer_addr().unwrap());
        assert_eq!(stream.peer_addr().unwrap(), accepted.local_addr().unwrap());
        assert_eq!(stream.peer_addr().unwrap(), SocketAddr::new(bob.ipv4(), 80));
    });
}

#[test]
fn carries_bytes_both_ways_until_each_side_ends() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (mut ours, mut theirs) = connected(&alice, &bob).await;
        write_all(&mut ours, b"to you").await.unwrap();
        shutdown(&mut ours).await.unwrap();
        assert_eq!(read_to_end(&mut theirs).await.unwrap(), b"to you");
        write_all(&mut theirs, b"and back").await.unwrap();
        shutdown(&mut theirs).await.unwrap();
        assert_eq!(read_to_end(&mut ours).await.unwrap(), b"and back");
        let late = write_all(&mut ours, b"more").await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::BrokenPipe);
    });
    world.run_for(Duration::from_secs(10));

    assert_eq!(alice.sockets(), 0);
    assert_eq!(bob.sockets(), 0);
}

#[test]
fn is_refused_where_nobody_listens() {
    let (world, alice, bob) = apart();
    let nobody = SocketAddr::new(bob.ipv4(), 81);

    let refused = world.block_on(alice.tcp().connect(nobody, TcpOptions::default()));

    assert_eq!(
        refused.unwrap_err().kind(),
        io::ErrorKind::ConnectionRefused
    );
    assert_eq!(world.elapsed(), 2 * DELAY);
    assert_eq!(alice.sockets(), 0);
}

#[test]
fn a_writer_stops_when_nobody_reads_and_goes_on_when_somebody_does() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (mut ours, mut theirs) = connected(&alice, &bob).await;
        let mut written = 0;
        let chunk = [5; 16 << 10];
        while let Ok(len) = world
            .timeout(Duration::from_secs(5), write(&mut ours, &chunk))
            .await
        {
            written += len.unwrap();
        }
        assert!((1 << 20..10 << 20).contains(&written), "{written}");
        let reader = async {
            let mut read = 0;
            while read < written + chunk.len() {
                read += self::read(&mut theirs, &mut [0; 32 << 10]).await.unwrap();
            }
        };
        futures_util::future::join(reader, write_all(&mut ours, &chunk))
            .await
            .1
            .unwrap();
    });
}

#[test]
fn throughput_is_that_of_the_bottleneck() {
    let (world, alice, bob) = apart();
    world.set_link(
        &alice,
        &bob,
        Link {
            delay: Duration::from_millis(10),
            bandwidth: Some(80_000_000),
            queue_bytes: 512 << 10,
            ..Link::default()
        },
    );
    const LEN: usize = 20 << 20;

    world.block_on(async {
        let (mut ours, mut theirs) = connected(&alice, &bob).await;
        let sending = async {
            for _ in 0..LEN / (64 << 10) {
                write_all(&mut ours, &[1; 64 << 10]).await.unwrap();
            }
            shutdown(&mut ours).await.unwrap();
        };
        let (_, received) = futures_util::future::join(sending, read_to_end(&mut theirs)).await;
        assert_eq!(received.unwrap().len(), LEN);
    });

    let rate = LEN as f64 / world.elapsed().as_secs_f64();
    assert!((7.5e6..1.0e7).contains(&rate), "{rate} bytes a second");
}

#[test]
fn an_unread_byte_makes_a_drop_a_reset_and_a_read_one_an_end() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (mut ours, mut theirs) = connected(&alice, &bob).await;
        write_all(&mut ours, b"read").await.unwrap();
        read(&mut theirs, &mut [0; 16]).await.unwrap();
        drop(theirs);
        assert_eq!(read(&mut ours, &mut [0; 16]).await.unwrap(), 0);

        let (mut ours, theirs) = connected(&alice, &bob).await;
        write_all(&mut ours, b"not read").await.unwrap();
        world.sleep(Duration::from_secs(1)).await;
        drop(theirs);
        let reset = read(&mut ours, &mut [0; 16]).await.unwrap_err();
        assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
    });
}

#[test]
fn what_was_written_before_a_drop_still_arrives() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (mut ours, mut theirs) = connected(&alice, &bob).await;
        write_all(&mut ours, &[3; 300_000]).await.unwrap();
        drop(ours);
        let received = read_to_end(&mut theirs).await.unwrap();
        assert_eq!(received, [3; 300_000]);
    });
}

#[test]
fn writing_to_a_program_that_is_gone_is_a_reset_one_round_trip_later() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (mut ours, theirs) = connected(&alice, &bob).await;
        drop(theirs);
        write_all(&mut ours, b"anybody?").await.unwrap();
        world.sleep(3 * DELAY).await;
        let gone = write_all(&mut ours, b"no").await.unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::ConnectionReset);
    });
}

#[test]
fn ports_are_taken_shared_and_given_back_as_in_a_kernel() {
    let (world, alice, bob) = apart();
    let listener = listen(&alice, 4001);
    let address = listener.local_addr().unwrap();

    let again = alice.tcp().listen(address, TcpOptions::default());
    assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    world.block_on(async {
        let theirs = listen(&bob, 0);
        let mut options = TcpOptions::default();
        options.local = Some(address);
        let to = theirs.local_addr().unwrap();
        let dialed = alice.tcp().connect(to, options.clone()).await.unwrap();
        assert_eq!(dialed.local_addr().unwrap(), address);
        let twice = alice.tcp().connect(to, options).await;
        assert_eq!(twice.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    });
    drop(listener);
    assert!(alice.tcp().listen(address, TcpOptions::default()).is_ok());
}

#[test]
fn two_that_connect_to_each_other_at_once_share_one_connection() {
    let (world, alice, bob) = apart();
    let (one, other) = (
        SocketAddr::new(alice.ipv4(), 7),
        SocketAddr::new(bob.ipv4(), 8),
    );
    let from = |local| {
        let mut options = TcpOptions::default();
        options.local = Some(local);
        options
    };

    world.block_on(async {
        let (ours, theirs) = futures_util::future::join(
            alice.tcp().connect(other, from(one)),
            bob.tcp().connect(one, from(other)),
        )
        .await;
        let (mut ours, mut theirs) = (ours.unwrap(), theirs.unwrap());
        write_all(&mut ours, b"punched").await.unwrap();
        shutdown(&mut ours).await.unwrap();
        assert_eq!(read_to_end(&mut theirs).await.unwrap(), b"punched");
    });
}

pub(crate) fn apart() -> (World, Node, Node) {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.set_default_link(Link::with_delay(DELAY));
    (world, alice, bob)
}

pub(crate) fn listen(node: &Node, port: u16) -> Box<dyn TcpListener> {
    let address = SocketAddr::new(node.ipv4(), port);
    node.tcp().listen(address, TcpOptions::default()).unwrap()
}

pub(crate) async fn connect(
    node: &Node,
    listener: &dyn TcpListener,
) -> io::Result<Box<dyn TcpStream>> {
    let remote = listener.local_addr().unwrap();
    node.tcp().connect(remote, TcpOptions::default()).await
}

pub(crate) async fn accept(listener: &mut dyn TcpListener) -> Box<dyn TcpStream> {
    poll_fn(|cx| listener.poll_accept(cx)).await.unwrap().0
}

pub(crate) async fn connected(
    alice: &Node,
    bob: &Node,
) -> (Box<dyn TcpStream>, Box<dyn TcpStream>) {
    let mut listener = listen(bob, 0);
    let ours = connect(alice, &*listener).await.unwrap();
    (ours, accept(&mut *listener).await)
}

pub(crate) async fn write(stream: &mut Box<dyn TcpStream>, data: &[u8]) -> io::Result<usize> {
    poll_fn(|cx| stream.poll_write_vectored(cx, &[IoSlice::new(data)])).await
}

pub(crate) async fn write_all(stream: &mut Box<dyn TcpStream>, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        let len = write(stream, data).await?;
        data = &data[len..];
    }
    Ok(())
}

pub(crate) async fn shutdown(stream: &mut Box<dyn TcpStream>) -> io::Result<()> {
    poll_fn(|cx| stream.poll_shutdown(cx)).await
}

pub(crate) async fn read(stream: &mut Box<dyn TcpStream>, buf: &mut [u8]) -> io::Result<usize> {
    poll_fn(|cx| stream.poll_read(cx, buf)).await
}

pub(crate) async fn read_to_end(stream: &mut Box<dyn TcpStream>) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut buf = vec![0; 64 << 10];
    loop {
        match read(stream, &mut buf).await? {
            0 => return Ok(all),
            len => all.extend_from_slice(&buf[..len]),
        }
    }
}
