//! Peers that do not answer, answer wrongly or ask too much.

use std::time::Duration;

use sinew_ping::{Config, PAYLOAD_LEN, PingError, Responder, ServeError};
use sinew_transport::{ReadError, StreamCode, WriteError, memory::WINDOW_BYTES};
use tokio::time::{self, Instant};

use crate::pair::{pair, pinger, streams, streams_of};

#[tokio::test(start_paused = true)]
async fn a_silent_peer_times_out_after_the_limit() {
    let (ours, mut theirs) = streams().await;
    let started = Instant::now();

    let result = pinger(ours).ping().await;

    let limit = Config::default().timeout;
    assert!(
        limit >= Duration::from_secs(15),
        "peers are known to answer 10 s late"
    );
    assert!(matches!(result, Err(PingError::TimedOut { limit: told }) if told == limit));
    assert_eq!(started.elapsed(), limit);
    theirs.read_exact(&mut [0; PAYLOAD_LEN]).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_wrong_answer_is_noticed_and_the_peer_is_told() {
    for wrong_at in [0, PAYLOAD_LEN - 1] {
        let (ours, mut theirs) = streams().await;
        let mut pinger = pinger(ours);
        let liar = tokio::spawn(async move {
            let mut payload = [0; PAYLOAD_LEN];
            theirs.read_exact(&mut payload).await.unwrap();
            payload[wrong_at] ^= 1;
            theirs.write_all(&payload).await.unwrap();
            theirs.read(&mut payload).await
        });

        assert!(matches!(pinger.ping().await, Err(PingError::WrongAnswer)));

        let seen = liar.await.unwrap();
        assert!(
            matches!(seen, Err(ReadError::Reset(StreamCode::PROTOCOL_VIOLATION))),
            "{seen:?}"
        );
        assert!(pinger.ping().await.is_err(), "the stream is over");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_ends_the_stream_instead_of_answering_is_noticed() {
    for answered in [0, 1, PAYLOAD_LEN - 1] {
        let (ours, mut theirs) = streams().await;
        let quitter = tokio::spawn(async move {
            let mut payload = [0; PAYLOAD_LEN];
            theirs.read_exact(&mut payload).await.unwrap();
            theirs.write_all(&payload[..answered]).await.unwrap();
            theirs.finish().unwrap();
            theirs
        });

        assert!(matches!(pinger(ours).ping().await, Err(PingError::Ended)));
        quitter.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_ends_half_way_is_a_violation() {
    for sent in [1, PAYLOAD_LEN - 1] {
        let (mut ours, theirs) = streams().await;
        ours.write_all(&[7; PAYLOAD_LEN][..sent]).await.unwrap();
        ours.finish().unwrap();

        let served = Responder::default().serve(theirs).await;

        assert!(matches!(served, Err(ServeError::Truncated { got }) if got == sent));
        let answer = ours.read_bytes().await;
        assert_eq!(reset_code(answer), Some(StreamCode::PROTOCOL_VIOLATION));
    }
}

// [ping §Protocol] The listener accepts at most two streams per peer.
#[tokio::test(start_paused = true)]
async fn the_third_stream_of_a_peer_is_refused_until_another_ends() {
    let pair = pair();
    let responder = Responder::default();
    let mut open = Vec::new();
    for _ in 0..2 {
        let (mut ours, theirs) = streams_of(&pair).await;
        let responder = responder.clone();
        tokio::spawn(async move { responder.serve(theirs).await });
        ours.write_all(&[7; PAYLOAD_LEN]).await.unwrap();
        ours.read_exact(&mut [0; PAYLOAD_LEN]).await.unwrap();
        open.push(ours);
    }

    let (mut third, theirs) = streams_of(&pair).await;
    let refused = responder.serve(theirs).await;
    assert!(matches!(
        refused,
        Err(ServeError::TooManyStreams { limit: 2 })
    ));
    let answer = third.read_bytes().await;
    assert_eq!(
        reset_code(answer),
        Some(StreamCode::RESOURCE_LIMIT_EXCEEDED)
    );
    assert_eq!(responder.stream_count(), 2);

    for mut ours in open {
        ours.finish().unwrap();
        assert!(ours.read_bytes().await.unwrap().is_none());
    }
    while responder.stream_count() > 0 {
        tokio::task::yield_now().await;
    }
    let (mut fourth, theirs) = streams_of(&pair).await;
    fourth.finish().unwrap();
    assert_eq!(responder.serve(theirs).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_responder_that_is_cancelled_gives_its_place_back() {
    let (_ours, theirs) = streams().await;
    let responder = Responder::default();

    let cancelled = time::timeout(Duration::from_secs(1), responder.serve(theirs)).await;

    assert!(cancelled.is_err());
    assert_eq!(responder.stream_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_its_answers_is_not_read_from_either() {
    let (mut ours, theirs) = streams().await;
    let serving = tokio::spawn(async move { Responder::default().serve(theirs).await });
    let mut accepted = 0;

    let flood = async {
        loop {
            accepted += ours.write(&[7; PAYLOAD_LEN]).await.unwrap();
        }
    };
    let flooded = time::timeout(Duration::from_secs(60), flood).await;

    assert!(flooded.is_err(), "the flood came to a halt");
    assert!(
        accepted <= 2 * WINDOW_BYTES + 2 * PAYLOAD_LEN,
        "{accepted} bytes were taken"
    );
    drop(ours);
    let served = serving.await.unwrap();
    assert!(
        matches!(
            served,
            Err(ServeError::Write(WriteError::Stopped(_)) | ServeError::Read(_))
        ),
        "{served:?}"
    );
}

/// The code with which the peer reset the stream.
fn reset_code<T>(result: Result<T, ReadError>) -> Option<StreamCode> {
    match result {
        Err(ReadError::Reset(code)) => Some(code),
        _ => None,
    }
}
