//! What the client finds.

use std::time::Duration;

use sinew_perf::{Amount, Config, PROTOCOL, Plan, Run};
use sinew_runtime::Runtime;
use sinew_transport::{
    ConnectionId, Direction, Stream, StreamCode, StreamInfo, memory::WINDOW_BYTES, negotiate,
};
use tokio::time::{self, Instant};

use crate::pair::{pair, responder, served_streams, serving, streams};

#[tokio::test(start_paused = true)]
async fn all_bytes_are_counted_whatever_their_number_and_that_of_the_streams() {
    let many = 10 * WINDOW_BYTES as u64 + 7;
    for (upload, download) in [
        (0, 0),
        (1, 0),
        (0, 1),
        (3, 5),
        (many, 0),
        (0, many),
        (many, many),
    ] {
        for count in [1, 3, 8] {
            let responder = responder(Config::default());
            let streams = served_streams(&responder, count).await;
            let run = run(Amount::Bytes(upload), Amount::Bytes(download));
            let progress = run.progress();

            let report = run.over(streams).await.unwrap();

            assert_eq!(
                (report.uploaded_bytes, report.downloaded_bytes),
                (upload, download)
            );
            assert_eq!(
                (progress.uploaded_bytes(), progress.downloaded_bytes()),
                (upload, download)
            );
            assert_eq!(report.first_byte.is_some(), download > 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_has_read_exactly_what_was_uploaded() {
    let (ours, theirs) = streams().await;
    let serving = serving(&responder(Config::default()), theirs);

    run(Amount::Bytes(1_234_567), Amount::Bytes(89))
        .over([ours])
        .await
        .unwrap();

    let served = serving.await.unwrap().unwrap();
    assert_eq!(served.received_bytes, 1_234_567);
    assert_eq!((served.wanted_bytes, served.sent_bytes), (89, 89));
}

#[tokio::test(start_paused = true)]
async fn each_part_has_its_time() {
    let (ours, mut theirs) = streams().await;
    let slow = tokio::spawn(async move {
        let upload = theirs.read_to_end(1000).await.unwrap();
        assert_eq!(upload[..8], 20_u64.to_be_bytes());
        time::sleep(Duration::from_secs(2)).await;
        theirs.write_all(&[0; 10]).await.unwrap();
        time::sleep(Duration::from_secs(3)).await;
        theirs.write_all(&[0; 10]).await.unwrap();
        theirs.finish().unwrap();
        theirs
    });

    let report = run(Amount::Bytes(100), Amount::Bytes(20))
        .over([ours])
        .await
        .unwrap();

    assert_eq!(report.upload_time, Duration::from_secs(2));
    assert_eq!(report.first_byte, Some(Duration::from_secs(2)));
    assert_eq!(report.download_time, Duration::from_secs(3));
    slow.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_download_alone_is_timed_from_the_start() {
    let (ours, mut theirs) = streams().await;
    tokio::spawn(async move {
        theirs.read_to_end(8).await.unwrap();
        time::sleep(Duration::from_secs(2)).await;
        theirs.write_all(&[0; 10]).await.unwrap();
        theirs.finished().await.unwrap();
    });

    let report = run(Amount::NOTHING, Amount::Bytes(10))
        .over([ours])
        .await
        .unwrap();

    assert_eq!(report.download_time, Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn an_upload_for_a_time_ends_with_it_and_all_of_it_has_arrived() {
    let (ours, theirs) = streams().await;
    // A reader that takes a window a second, or the upload would be one of virtual memory.
    let reading = tokio::spawn(read_slowly(theirs));
    let limit = Duration::from_secs(5);

    let report = run(Amount::For(limit), Amount::NOTHING)
        .over([ours])
        .await
        .unwrap();

    assert!(report.upload_time >= limit, "{report:?}");
    assert_eq!(reading.await.unwrap(), 8 + report.uploaded_bytes);
    assert!(report.uploaded_bytes > 0);
}

// [perf §Single connection throughput] The client asks for the largest number and closes when the time is up.
#[tokio::test(start_paused = true)]
async fn a_download_for_a_time_ends_with_it_and_the_server_is_told() {
    for count in [1, 4] {
        let started = Instant::now();
        let responder = responder(Config::default());
        let mut relayed = Vec::new();
        for stream in served_streams(&responder, count).await {
            relayed.push(throttled(stream).await);
        }
        let limit = Duration::from_secs(5);

        let report = run(Amount::NOTHING, Amount::For(limit))
            .over(relayed)
            .await
            .unwrap();

        assert_eq!(started.elapsed(), limit);
        assert_eq!(report.download_time, limit);
        assert!(report.downloaded_bytes > 0);
        time::sleep(Duration::from_secs(2)).await;
        assert_eq!(responder.run_count(), 0, "nobody is sent to any more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_gets_nothing_in_time_does_not_spoil_what_the_others_get() {
    let responder = responder(Config::default());
    let mut open = served_streams(&responder, 1).await;
    let (starving, _theirs) = streams().await;
    let first = throttled(open.remove(0)).await;

    let report = run(Amount::NOTHING, Amount::For(Duration::from_secs(1)))
        .over([first, starving])
        .await
        .unwrap();

    assert!(report.downloaded_bytes > 0);
}

#[tokio::test(start_paused = true)]
async fn the_clock_starts_when_the_protocol_is_agreed_on() {
    let pair = pair();
    let info = |direction| StreamInfo {
        peer: pair.dialer.peer(),
        connection: ConnectionId(1),
        direction,
        protocol: None,
    };
    let ours = Stream::new(pair.dialer.open().await.unwrap(), info(Direction::Outbound));
    let config = negotiate::Config::default();
    let ours = negotiate::dial(ours, [PROTOCOL], config).await.unwrap();
    let listener = pair.listener.clone();
    let theirs = async move {
        let theirs = Stream::new(listener.accept().await.unwrap(), info(Direction::Inbound));
        time::sleep(Duration::from_secs(7)).await;
        let mut theirs = negotiate::listen(theirs, [PROTOCOL], config).await.unwrap();
        // The number and the end come when the peer knows that they are welcome.
        let early = time::timeout(Duration::from_secs(0), theirs.read_bytes()).await;
        assert!(early.is_err(), "{early:?}");
        responder(Config::default()).serve(theirs).await.unwrap();
    };

    let run = run(Amount::NOTHING, Amount::Bytes(10));
    let (report, ()) = tokio::join!(run.over([ours]), theirs);

    assert!(report.unwrap().download_time < Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_run_without_streams_measures_nothing() {
    let report = run(Amount::Bytes(7), Amount::Bytes(7)).over([]).await;

    let report = report.unwrap();
    assert_eq!((report.uploaded_bytes, report.downloaded_bytes), (0, 0));
    assert_eq!(report.first_byte, None);
}

#[tokio::test(start_paused = true)]
async fn an_upload_does_not_go_on_where_nobody_reads_it() {
    let (ours, theirs) = streams().await;
    let run = run(Amount::For(Duration::from_secs(10)), Amount::NOTHING);
    let progress = run.progress();

    let result = time::timeout(Duration::from_secs(8), run.over([ours])).await;

    assert!(result.is_err());
    assert!(progress.uploaded_bytes() <= WINDOW_BYTES as u64);
    drop(theirs);
}

fn run(upload: Amount, download: Amount) -> Run {
    let mut plan = Plan::default();
    plan.upload = upload;
    plan.download = download;
    Run::new(&Runtime::tokio(), plan)
}

/// Reads a chunk every tenth of a second; returns how many bytes came.
async fn read_slowly(mut stream: Stream) -> u64 {
    let mut received = 0;
    while let Some(chunk) = stream.read_bytes().await.expect("the upload") {
        received += chunk.len() as u64;
        time::sleep(Duration::from_millis(100)).await;
    }
    stream.finish().expect("the end");
    received
}

/// Puts a relay before a stream that passes a chunk of the answer on every tenth of a second: without it the time
/// that tests have would never pass.
async fn throttled(mut to_server: Stream) -> Stream {
    let (ours, mut theirs) = streams().await;
    tokio::spawn(async move {
        let request = theirs.read_to_end(8).await.expect("the request");
        to_server
            .write_all(&request)
            .await
            .expect("the server reads");
        to_server.finish().expect("the end");
        while let Some(chunk) = to_server.read_bytes().await.expect("the answer") {
            time::sleep(Duration::from_millis(100)).await;
            if theirs.write_bytes(chunk).await.is_err() {
                break;
            }
        }
        to_server.stop(StreamCode::NO_ERROR);
    });
    ours
}
