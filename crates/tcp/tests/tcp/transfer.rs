//! Bytes go from one side to the other.

use bytes::Bytes;
use futures_util::FutureExt;
use sinew_tcp::SecurityProtocol;
use sinew_transport::{Acceptor, ReadError, StreamCode, WriteError};

use crate::fixture::{Pair, in_time, only, wrap};

#[tokio::test]
async fn a_finished_side_reads_as_an_end_while_the_other_side_goes_on() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;

    in_time(async {
        ours.write_bytes(Bytes::from_static(b"all")).await.unwrap();
        ours.finish().unwrap();
        assert_eq!(theirs.read_to_end(64).await.unwrap(), b"all");
        theirs.write_all(b"answer").await.unwrap();
        theirs.finish().unwrap();
        assert_eq!(ours.read_to_end(64).await.unwrap(), b"answer");
        ours.finished().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_half_written_message_never_looks_complete() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;

    ours.write_all(b"half a mess").await.unwrap();
    drop(ours);

    let error = in_time(async {
        loop {
            match theirs.read_bytes().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("an unfinished stream must not look complete"),
                Err(error) => break error,
            }
        }
    })
    .await;
    assert!(
        matches!(error, ReadError::Reset(StreamCode::NO_ERROR)),
        "{error}"
    );
}

#[tokio::test]
async fn a_reset_carries_its_code_to_whoever_reads_and_whoever_writes() {
    let pair = in_time(Pair::connected()).await;
    let (ours, mut theirs) = in_time(pair.streams()).await;
    let (mut read, mut write) = ours.split();

    theirs.reset(StreamCode::new(77));

    let reset = in_time(read.read_bytes()).await.unwrap_err();
    assert!(
        matches!(reset, ReadError::Reset(code) if code.get() == 77),
        "{reset}"
    );
    let stopped = in_time(async {
        loop {
            if let Err(error) = write.write_all(b"more").await {
                break error;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(
        matches!(stopped, WriteError::Stopped(code) if code.get() == 77),
        "{stopped}"
    );
}

#[tokio::test]
async fn a_writer_waits_for_its_reader() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;
    let data = Bytes::from(vec![7; 64 << 20]);
    let writing = tokio::spawn({
        let data = data.clone();
        async move {
            ours.write_bytes(data).await.unwrap();
            ours.finish().unwrap();
        }
    });

    // Long enough for every window and buffer on the way to fill.
    let mut last = 0;
    in_time(async {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let received = pair.listener.stats().received_bytes;
            if received == std::mem::replace(&mut last, received) {
                break;
            }
        }
    })
    .await;

    assert!(last < 32 << 20, "{last} bytes arrived that nobody read");
    assert!(!writing.is_finished());
    let mut read = 0;
    while let Some(chunk) = in_time(theirs.read_bytes()).await.unwrap() {
        read += chunk.len();
    }
    assert_eq!(read, data.len());
    in_time(writing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_whole_in_both_directions_at_once() {
    for security in SecurityProtocol::ALL {
        let pair = in_time(Pair::with_config(only(security))).await;
        pair.listener.set_acceptor(echo());
        let mut clients = Vec::new();
        for client in 0..8u8 {
            let io = pair.dialer.open().await.unwrap();
            clients.push(tokio::spawn(async move {
                let sent: Vec<u8> = (0..4 << 20u32).map(|i| (i / 251) as u8 ^ client).collect();
                let (mut read, mut write) = wrap(io).split();
                let expected = sent.clone();
                let writing = tokio::spawn(async move {
                    write.write_bytes(sent.into()).await.unwrap();
                    write.finish().unwrap();
                });
                let mut received = Vec::new();
                while let Some(chunk) = read.read_bytes().await.unwrap() {
                    received.extend_from_slice(&chunk);
                }
                writing.await.unwrap();
                assert!(received == expected, "client {client} over {security}");
            }));
        }
        for client in clients {
            in_time(client).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_answer_thousands_of_streams_within_the_turn() {
    let pair = in_time(Pair::connected()).await;
    pair.listener.set_acceptor(echo());

    let mut clients = Vec::new();
    for _ in 0..64 {
        let dialer = pair.dialer.clone();
        clients.push(tokio::spawn(async move {
            for round in 0..100u32 {
                let mut stream = wrap(dialer.open().await.unwrap());
                stream.write_all(&round.to_be_bytes()).await.unwrap();
                stream.finish().unwrap();
                assert_eq!(stream.read_to_end(64).await.unwrap(), round.to_be_bytes());
            }
        }));
    }
    for client in clients {
        in_time(client).await.unwrap();
    }

    in_time(async {
        while pair.listener.stats().open_streams > 0 || pair.dialer.stats().open_streams > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_small_stream_does_not_wait_for_an_endless_one() {
    let pair = in_time(Pair::connected()).await;
    pair.listener.set_acceptor(echo());
    let (mut read, mut write) = wrap(pair.dialer.open().await.unwrap()).split();
    let writing = tokio::spawn(async move {
        let chunk = Bytes::from(vec![7; 64 << 10]);
        while write.write_bytes(chunk.clone()).await.is_ok() {}
    });
    let reading = tokio::spawn(async move { while let Ok(Some(_)) = read.read_bytes().await {} });

    for _ in 0..20 {
        let mut small = wrap(in_time(pair.dialer.open()).await.unwrap());
        small.write_all(b"ping").await.unwrap();
        small.finish().unwrap();
        assert_eq!(in_time(small.read_to_end(64)).await.unwrap(), b"ping");
    }

    reading.abort();
    writing.abort();
}

#[tokio::test]
async fn a_call_that_is_given_up_loses_nothing() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;

    for round in 0..100u8 {
        assert!(theirs.read_bytes().now_or_never().is_none());
        assert!(pair.listener.accept().now_or_never().is_none());
        ours.write_all(&[round; 10]).await.unwrap();
        let mut read = [0; 10];
        in_time(theirs.read_exact(&mut read)).await.unwrap();
        assert_eq!(read, [round; 10]);
    }
}

#[tokio::test]
async fn numbers_about_the_connection_are_kept() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;
    ours.write_all(&[1; 10_000]).await.unwrap();
    in_time(theirs.read_exact(&mut [0; 10_000])).await.unwrap();

    let (dialer, listener) = (pair.dialer.stats(), pair.listener.stats());

    assert!(dialer.sent_bytes > 10_000, "{dialer:?}");
    assert!(listener.received_bytes > 10_000, "{listener:?}");
    assert_eq!((dialer.open_streams, listener.open_streams), (1, 1));
    in_time(async {
        while pair.dialer.stats().rtt.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    })
    .await;
}

fn echo() -> Acceptor {
    Acceptor::new(|io| {
        Box::pin(async move {
            wrap(io).copy_back().await.ok();
        })
    })
}
