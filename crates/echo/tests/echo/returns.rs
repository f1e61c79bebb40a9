//! Echoes that come back.

use std::time::Duration;

use bytes::Bytes;
use sinew_echo::{echo, pattern, serve};
use sinew_transport::{StreamCode, memory::WINDOW_BYTES};
use tokio::time;

use crate::pair::{pair, streams, streams_of};

#[tokio::test(start_paused = true)]
async fn every_size_comes_back() {
    let pair = pair();
    let windows = 64 * WINDOW_BYTES as u64;
    for len in [0, 1, 65_535, 65_537, windows] {
        let (ours, theirs) = streams_of(&pair).await;
        let serving = tokio::spawn(serve(theirs));

        assert_eq!(echo(ours, pattern(len)).await.unwrap(), len);
        assert_eq!(serving.await.unwrap().unwrap(), len);
    }
}

#[tokio::test(start_paused = true)]
async fn empty_chunks_are_nothing() {
    let (ours, theirs) = streams().await;
    tokio::spawn(serve(theirs));
    let data = ["", "a", "", "", "bc", ""].map(Bytes::from);

    assert_eq!(echo(ours, data).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_server_ends_when_the_peer_does_and_not_before() {
    let (mut ours, theirs) = streams().await;
    let serving = tokio::spawn(serve(theirs));

    for word in ["one", "two"] {
        ours.write_all(word.as_bytes()).await.unwrap();
        assert_eq!(ours.read_bytes().await.unwrap().unwrap(), word);
        time::sleep(Duration::from_secs(3600)).await;
    }
    ours.finish().unwrap();

    assert_eq!(ours.read_bytes().await.unwrap(), None);
    assert_eq!(serving.await.unwrap().unwrap(), 6);
}

#[tokio::test(start_paused = true)]
async fn the_server_passes_payload_on_without_copying_it() {
    let (mut ours, theirs) = streams().await;
    tokio::spawn(serve(theirs));
    // Let the agreement on the protocol pass by, which is copied.
    ours.write_all(b"first").await.unwrap();
    ours.read_bytes().await.unwrap();
    let payload = Bytes::from(vec![7; 10_000]);

    ours.write_bytes(payload.clone()).await.unwrap();
    let returned = ours.read_bytes().await.unwrap().unwrap();

    assert_eq!(returned.as_ptr(), payload.as_ptr());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_first_reads_to_the_end_is_no_deadlock() {
    let (ours, mut theirs) = streams().await;
    let len = 4 * WINDOW_BYTES;
    let hoarder = tokio::spawn(async move {
        let all = theirs.read_to_end(len).await.unwrap();
        theirs.write_all(&all).await.unwrap();
        theirs.finished().await.unwrap();
    });

    assert_eq!(echo(ours, pattern(len as u64)).await.unwrap(), len as u64);
    hoarder.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reset_without_a_reason_behind_the_last_byte_is_an_end() {
    let (ours, mut theirs) = streams().await;
    let resetting = tokio::spawn(async move {
        let all = theirs.read_to_end(5).await.unwrap();
        theirs.write_all(&all).await.unwrap();
        // What was sent is read before the reset.
        time::sleep(Duration::from_secs(1)).await;
        theirs.reset(StreamCode::NO_ERROR);
    });

    assert_eq!(echo(ours, [Bytes::from_static(b"hello")]).await.unwrap(), 5);
    resetting.await.unwrap();
}
