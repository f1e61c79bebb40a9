//! Streams that are silent, or live, for too long.

use std::time::Duration;

use sinew_swarm::{Config, Swarm};
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};

use crate::fixture::{ECHO, Host, OTHER, World};

const LIMIT: Duration = Duration::from_secs(60);

/// Two hosts of which the dialing one holds its streams to limits.
async fn limited(change: impl FnOnce(&mut Config)) -> (Host, Host) {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host_with(1, change);
    alice.swarm.connect_address(address).await.unwrap();
    (alice, bob)
}

/// Opens a stream that the other side keeps, and returns both ends.
async fn pair(from: &Swarm, to: &Host) -> (Stream, Stream) {
    let mut incoming = to.swarm.accept_queue(OTHER, 1);
    let mut ours = from.open_stream(to.peer, OTHER).await.unwrap();
    ours.write_all(b"x").await.unwrap();
    let mut theirs = incoming.next().await.unwrap();
    theirs.read_exact(&mut [0]).await.unwrap();
    (ours, theirs)
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_reset_and_both_sides_know() {
    let (alice, bob) = limited(|config| config.idle_stream_timeout = Some(LIMIT)).await;
    let (mut ours, mut theirs) = pair(&alice.swarm, &bob).await;
    let began = tokio::time::Instant::now();

    let error = ours.read_bytes().await.unwrap_err();

    assert!(matches!(error, ReadError::Expired));
    assert!(began.elapsed() >= LIMIT);
    let error = theirs.read_bytes().await.unwrap_err();
    assert!(matches!(
        error,
        ReadError::Reset(StreamCode::GARBAGE_COLLECTED)
    ));
    let error = theirs.write_all(b"x").await.unwrap_err();
    assert!(matches!(
        error,
        WriteError::Stopped(StreamCode::GARBAGE_COLLECTED)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_stream_on_which_something_moves_is_not_silent() {
    let (alice, bob) = limited(|config| config.idle_stream_timeout = Some(LIMIT)).await;
    let mut stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();

    for _ in 0..10 {
        tokio::time::sleep(LIMIT - Duration::from_secs(1)).await;
        stream.write_all(b"x").await.unwrap();
        stream.read_exact(&mut [0]).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_nobody_reads_from_is_given_up() {
    let (alice, bob) = limited(|config| config.idle_stream_timeout = Some(LIMIT)).await;
    let (mut ours, _theirs) = pair(&alice.swarm, &bob).await;

    let error = ours.write_all(&vec![0; 1 << 20]).await.unwrap_err();

    assert!(matches!(error, WriteError::Expired));
}

#[tokio::test(start_paused = true)]
async fn the_two_halves_of_a_silent_stream_both_end() {
    let (alice, bob) = limited(|config| config.idle_stream_timeout = Some(LIMIT)).await;
    let (ours, _theirs) = pair(&alice.swarm, &bob).await;
    let (mut read, mut write) = ours.split();

    let reading = tokio::spawn(async move { read.read_bytes().await });
    let writing = tokio::spawn(async move { write.write_all(&vec![0; 1 << 20]).await });

    reading.await.unwrap().unwrap_err();
    writing.await.unwrap().unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_at_its_age_however_busy_it_is() {
    let (alice, bob) = limited(|config| config.max_stream_lifetime = Some(LIMIT)).await;
    let mut stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    let began = tokio::time::Instant::now();

    while began.elapsed() < LIMIT {
        stream.write_all(b"x").await.unwrap();
        stream.read_exact(&mut [0]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
    }

    let error = stream.write_all(b"x").await.unwrap_err();
    assert!(matches!(error, WriteError::Expired));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_waits_ends_at_its_age() {
    let (alice, bob) = limited(|config| config.max_stream_lifetime = Some(LIMIT)).await;
    let (mut ours, _theirs) = pair(&alice.swarm, &bob).await;
    let began = tokio::time::Instant::now();

    ours.read_bytes().await.unwrap_err();

    assert!(began.elapsed() >= LIMIT);
    assert!(began.elapsed() < LIMIT + Duration::from_secs(1));
}
