//! How much of the server's host a peer gets.

use std::time::Duration;

use sinew_perf::{Config, ServeError};
use sinew_transport::{ReadError, Stream, StreamCode, memory::WINDOW_BYTES};
use tokio::time::{self, Instant};

use crate::pair::{pair, pair_of, reset_code, responder, serving, streams, streams_of};

#[tokio::test(start_paused = true)]
async fn a_giant_number_that_nobody_reads_costs_no_more_than_a_window() {
    let (mut ours, theirs) = streams().await;
    let mut config = Config::default();
    config.stall_timeout = Duration::from_secs(3600);
    let serving = serving(&responder(config), theirs);
    ours.write_all(&u64::MAX.to_be_bytes()).await.unwrap();
    ours.finish().unwrap();

    time::sleep(Duration::from_secs(60)).await;

    assert!(!serving.is_finished(), "it waits for its peer");
    ours.stop(StreamCode::NO_ERROR);
    let served = serving.await.unwrap().unwrap();
    assert!(served.sent_bytes <= WINDOW_BYTES as u64, "{served:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_is_given_up() {
    let (mut ours, theirs) = streams().await;
    let (responder, started) = (responder(Config::default()), Instant::now());
    let serving = serving(&responder, theirs);
    ours.write_all(&u64::MAX.to_be_bytes()).await.unwrap();
    ours.finish().unwrap();

    let served = serving.await.unwrap();

    let limit = Config::default().stall_timeout;
    assert!(
        matches!(served, Err(ServeError::Stalled { limit: told }) if told == limit),
        "{served:?}"
    );
    assert!(started.elapsed() >= limit && started.elapsed() <= 2 * limit);
    assert_eq!(responder.run_count(), 0);
    assert_eq!(
        drain(&mut ours).await,
        Some(StreamCode::GARBAGE_COLLECTED),
        "and told so"
    );
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_given_up() {
    for said in [0, 3, 8, 1000] {
        let (mut ours, theirs) = streams().await;
        let serving = serving(&responder(Config::default()), theirs);
        ours.write_all(&vec![0; said]).await.unwrap();

        let served = serving.await.unwrap();

        assert!(
            matches!(served, Err(ServeError::Stalled { .. })),
            "{served:?}"
        );
        assert_eq!(
            reset_code(ours.read_bytes().await),
            Some(StreamCode::GARBAGE_COLLECTED)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_is_served_for_as_long_as_it_likes() {
    let (mut ours, theirs) = streams().await;
    let serving = serving(&responder(Config::default()), theirs);
    ours.write_all(&u64::MAX.to_be_bytes()).await.unwrap();
    ours.finish().unwrap();

    for _ in 0..200 {
        time::sleep(Config::default().stall_timeout / 2).await;
        ours.read_bytes().await.unwrap().unwrap();
    }

    assert!(!serving.is_finished());
}

#[tokio::test(start_paused = true)]
async fn one_run_too_many_of_a_peer_is_refused_until_another_ends() {
    let mut config = Config::default();
    config.max_runs_per_peer = 2;
    let (pair, responder) = (pair(), responder(config));
    let (first, theirs) = streams_of(&pair).await;
    let ended = serving(&responder, theirs);
    let (_second, theirs) = streams_of(&pair).await;
    serving(&responder, theirs);
    settle().await;
    assert_eq!(responder.run_count(), 2);

    let (mut third, theirs) = streams_of(&pair).await;
    let refused = responder.serve(theirs).await;

    assert!(
        matches!(refused, Err(ServeError::TooManyRunsOfPeer { limit: 2 })),
        "{refused:?}"
    );
    assert_eq!(
        reset_code(third.read_bytes().await),
        Some(StreamCode::RESOURCE_LIMIT_EXCEEDED)
    );
    drop(first);
    ended.await.unwrap().unwrap_err();
    assert_eq!(responder.run_count(), 1);
    let (mut fourth, theirs) = streams_of(&pair).await;
    fourth.write_all(&[0; 8]).await.unwrap();
    fourth.finish().unwrap();
    responder.serve(theirs).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn all_peers_together_have_a_limit_too() {
    let mut config = Config::default();
    config.max_runs = 3;
    let responder = responder(config);
    let mut open = Vec::new();
    for peer in 1..=3 {
        let (ours, theirs) = streams_of(&pair_of(peer)).await;
        serving(&responder, theirs);
        open.push(ours);
    }
    settle().await;

    let (_ours, theirs) = streams_of(&pair_of(4)).await;
    let refused = responder.serve(theirs).await;

    assert!(
        matches!(refused, Err(ServeError::TooManyRuns { limit: 3 })),
        "{refused:?}"
    );
    drop(open);
    settle().await;
    assert_eq!(responder.run_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_cancelled_gives_its_place_back() {
    let (_ours, theirs) = streams().await;
    let responder = responder(Config::default());

    let cancelled = time::timeout(Duration::from_secs(1), responder.serve(theirs)).await;

    assert!(cancelled.is_err());
    assert_eq!(responder.run_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reset_instead_of_the_end_is_not_answered() {
    let (mut ours, theirs) = streams().await;
    let serving = serving(&responder(Config::default()), theirs);
    ours.write_all(&9_u64.to_be_bytes()).await.unwrap();
    settle().await;

    ours.reset(StreamCode::SHUTDOWN);

    let served = serving.await.unwrap();
    assert!(
        matches!(
            served,
            Err(ServeError::Read(ReadError::Reset(StreamCode::SHUTDOWN)))
        ),
        "{served:?}"
    );
}

/// Reads until nothing more comes, and returns the code with which it ended.
async fn drain(stream: &mut Stream) -> Option<StreamCode> {
    loop {
        match stream.read_bytes().await {
            Ok(Some(_)) => {}
            ended => return reset_code(ended),
        }
    }
}

/// Lets everybody else come to rest.
async fn settle() {
    time::sleep(Duration::from_millis(1)).await;
}
