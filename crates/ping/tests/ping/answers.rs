//! Pings that are answered.

use std::time::Duration;

use sinew_ping::{PAYLOAD_LEN, Responder};
use sinew_transport::{StreamCode, WriteError};
use tokio::time;

use crate::pair::{pinger, streams};

// [ping §Protocol] The dialer may send another payload on the same stream, and closes it after the last.
#[tokio::test(start_paused = true)]
async fn many_pings_are_answered_on_one_stream() {
    let (ours, theirs) = streams().await;
    let responder = Responder::default();
    let serving = tokio::spawn(async move { responder.serve(theirs).await });

    let mut pinger = pinger(ours);
    for _ in 0..100 {
        pinger.ping().await.unwrap();
    }
    pinger.close().await;

    assert_eq!(serving.await.unwrap().unwrap(), 100);
}

#[tokio::test(start_paused = true)]
async fn the_round_trip_is_the_time_until_the_whole_answer_came() {
    let (ours, mut theirs) = streams().await;
    let slow = tokio::spawn(async move {
        let mut payload = [0; PAYLOAD_LEN];
        theirs.read_exact(&mut payload).await.unwrap();
        time::sleep(Duration::from_millis(40)).await;
        theirs.write_all(&payload[..20]).await.unwrap();
        time::sleep(Duration::from_millis(2)).await;
        theirs.write_all(&payload[20..]).await.unwrap();
        theirs
    });

    let round_trip = pinger(ours).ping().await.unwrap();

    assert_eq!(round_trip, Duration::from_millis(42));
    slow.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_ping_is_other_bytes() {
    let (ours, mut theirs) = streams().await;
    let echo = tokio::spawn(async move {
        let mut payloads = [[0; PAYLOAD_LEN]; 2];
        for payload in &mut payloads {
            theirs.read_exact(payload).await.unwrap();
            theirs.write_all(payload).await.unwrap();
        }
        (payloads, theirs)
    });

    let mut pinger = pinger(ours);
    pinger.ping().await.unwrap();
    pinger.ping().await.unwrap();

    let ([first, second], _theirs) = echo.await.unwrap();
    assert_ne!(first, second);
    assert_ne!(first, [0; PAYLOAD_LEN]);
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_was_cancelled_is_finished_by_the_next() {
    let (ours, mut theirs) = streams().await;
    let slow = tokio::spawn(async move {
        for _ in 0..2 {
            let mut payload = [0; PAYLOAD_LEN];
            theirs.read_exact(&mut payload).await.unwrap();
            time::sleep(Duration::from_secs(1)).await;
            theirs.write_all(&payload).await.unwrap();
        }
        theirs
    });
    let mut pinger = pinger(ours);

    let cancelled = time::timeout(Duration::from_millis(300), pinger.ping()).await;
    let resumed = pinger.ping().await.unwrap();
    let next = pinger.ping().await.unwrap();

    assert!(cancelled.is_err());
    assert_eq!([resumed, next], [Duration::from_secs(1); 2]);
    slow.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_stays_open() {
    let (ours, theirs) = streams().await;
    tokio::spawn(async move { Responder::default().serve(theirs).await });
    let mut pinger = pinger(ours);

    pinger.ping().await.unwrap();
    time::sleep(Duration::from_secs(24 * 3600)).await;

    assert!(pinger.ping().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_ten_seconds_late_is_an_answer() {
    let (ours, mut theirs) = streams().await;
    let late = tokio::spawn(async move {
        let mut payload = [0; PAYLOAD_LEN];
        theirs.read_exact(&mut payload).await.unwrap();
        time::sleep(Duration::from_secs(10)).await;
        theirs.write_all(&payload).await.unwrap();
        theirs
    });

    assert_eq!(pinger(ours).ping().await.unwrap(), Duration::from_secs(10));
    late.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_ends_and_stops_reading_at_once_is_served_in_good_order() {
    let (mut ours, theirs) = streams().await;
    let serving = tokio::spawn(async move { Responder::default().serve(theirs).await });
    let mut answer = [0; PAYLOAD_LEN];
    ours.write_all(&[7; PAYLOAD_LEN]).await.unwrap();
    ours.read_exact(&mut answer).await.unwrap();

    ours.stop(StreamCode::NO_ERROR);
    ours.finish().unwrap();

    assert_eq!(serving.await.unwrap().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_resets_between_pings_is_served_in_good_order() {
    let (ours, theirs) = streams().await;
    let serving = tokio::spawn(async move { Responder::default().serve(theirs).await });
    let mut pinger = pinger(ours);
    pinger.ping().await.unwrap();

    drop(pinger);

    let served = serving.await.unwrap();
    assert!(matches!(served, Ok(1)) || is_stopped(&served), "{served:?}");
}

/// The reset and the stop arrive together, and either may be seen first.
fn is_stopped(served: &Result<u64, sinew_ping::ServeError>) -> bool {
    matches!(
        served,
        Err(sinew_ping::ServeError::Write(WriteError::Stopped(_)))
    )
}
