//! Servers that do not do what they should.

use std::time::Duration;

use sinew_perf::{Amount, Config, Plan, Report, Run, RunError, Violation};
use sinew_runtime::Runtime;
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};
use tokio::time::{self, Instant};

use crate::pair::{pair, reset_code, responder, serving, streams, streams_of};

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_short_is_noticed() {
    for sent in [0, 1, 99] {
        let (ours, theirs) = streams().await;
        let answering = tokio::spawn(answer(theirs, sent));

        let result = ask(ours, Amount::Bytes(100)).await;

        let expected = Violation::Short {
            received: sent as u64,
            wanted: 100,
        };
        assert!(
            matches!(result, Err(RunError::Violation(found)) if found == expected),
            "{result:?}"
        );
        answering.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_long_is_noticed_and_the_peer_is_told() {
    for wanted in [0, 100] {
        let (ours, mut theirs) = streams().await;
        let talking = tokio::spawn(async move {
            theirs.read_to_end(8).await.unwrap();
            loop {
                if let Err(error) = theirs.write_all(&[0; 101]).await {
                    return error;
                }
            }
        });

        let result = ask(ours, Amount::Bytes(wanted)).await;

        assert!(
            matches!(
                result,
                Err(RunError::Violation(Violation::Long { wanted: told })) if told == wanted
            ),
            "{result:?}"
        );
        let told = talking.await.unwrap();
        assert!(
            matches!(told, WriteError::Stopped(StreamCode::PROTOCOL_VIOLATION)),
            "{told:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_download_for_a_time_that_ends_by_itself_is_too_short() {
    let (ours, theirs) = streams().await;
    tokio::spawn(answer(theirs, 1000));

    let result = ask(ours, Amount::For(Duration::from_secs(10))).await;

    let expected = Violation::Short {
        received: 1000,
        wanted: u64::MAX,
    };
    assert!(
        matches!(result, Err(RunError::Violation(found)) if found == expected),
        "{result:?}"
    );
}

// [perf §Protocol] The server must not answer while the client uploads.
#[tokio::test(start_paused = true)]
async fn an_answer_before_the_end_of_the_upload_is_a_violation() {
    for early in [0, 10] {
        let (ours, mut theirs) = streams().await;
        theirs.write_all(&vec![0; early]).await.unwrap();
        theirs.finish().unwrap();

        let mut plan = Plan::default();
        plan.upload = Amount::Bytes(100 << 20);
        plan.download = Amount::Bytes(10);
        let result = Run::new(&Runtime::tokio(), plan).over([ours]).await;

        assert!(
            matches!(result, Err(RunError::Violation(Violation::AnsweredEarly))),
            "{result:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_reads_nothing_or_says_nothing_is_given_up() {
    for upload in [Amount::NOTHING, Amount::Bytes(100 << 20)] {
        let (ours, mut theirs) = streams().await;
        let started = Instant::now();
        let mut plan = Plan::default();
        plan.upload = upload;
        plan.download = Amount::Bytes(10);

        let result = Run::new(&Runtime::tokio(), plan).over([ours]).await;

        let limit = plan.stall_timeout;
        assert!(
            matches!(result, Err(RunError::Stalled { limit: told }) if told == limit),
            "{result:?}"
        );
        assert!(started.elapsed() <= 2 * limit);
        drop(theirs.read_bytes().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_in_which_nothing_came_is_no_measurement() {
    let (ours, _theirs) = streams().await;
    let limit = Duration::from_secs(3);

    let result = ask(ours, Amount::For(limit)).await;

    assert!(
        matches!(result, Err(RunError::Stalled { limit: told }) if told == limit),
        "{result:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_without_room_is_told_as_such() {
    let mut config = Config::default();
    config.max_runs_per_peer = 1;
    let (pair, responder) = (pair(), responder(config));
    let mut open = Vec::new();
    for _ in 0..2 {
        let (ours, theirs) = streams_of(&pair).await;
        serving(&responder, theirs);
        open.push(ours);
    }

    let mut plan = Plan::default();
    plan.upload = Amount::Bytes(100 << 20);
    let result = Run::new(&Runtime::tokio(), plan).over(open).await;

    assert!(
        matches!(
            result,
            Err(RunError::Refused {
                code: StreamCode::RESOURCE_LIMIT_EXCEEDED
            })
        ),
        "{result:?}"
    );
    time::sleep(Duration::from_secs(1)).await;
    assert_eq!(responder.run_count(), 0, "the other stream was reset");
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_a_failure_unless_everything_had_come() {
    for (sent, is_failure) in [(99, true), (100, false)] {
        let (ours, mut theirs) = streams().await;
        let resetting = tokio::spawn(async move {
            theirs.read_to_end(8).await.unwrap();
            theirs.write_all(&vec![0; sent]).await.unwrap();
            // What was sent is read before the reset.
            time::sleep(Duration::from_secs(1)).await;
            theirs.reset(StreamCode::NO_ERROR);
        });

        let result = ask(ours, Amount::Bytes(100)).await;

        assert_eq!(
            matches!(result, Err(RunError::Read(ReadError::Reset(_)))),
            is_failure,
            "{result:?}"
        );
        assert_eq!(result.is_err(), is_failure);
        resetting.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_resets_its_streams() {
    let (ours, mut theirs) = streams().await;
    let mut plan = Plan::default();
    plan.upload = Amount::Bytes(100 << 20);

    let run = Run::new(&Runtime::tokio(), plan).over([ours]);
    let dropped = time::timeout(Duration::from_secs(1), run).await;

    assert!(dropped.is_err());
    let end = loop {
        match theirs.read_bytes().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert_eq!(reset_code(end), Some(StreamCode::NO_ERROR));
}

/// Asks for an answer and uploads nothing.
async fn ask(stream: Stream, download: Amount) -> Result<Report, RunError> {
    let mut plan = Plan::default();
    plan.download = download;
    Run::new(&Runtime::tokio(), plan).over([stream]).await
}

/// Answers with `len` bytes, whatever was asked for.
async fn answer(mut stream: Stream, len: usize) {
    stream.read_to_end(1 << 20).await.expect("the request");
    stream.write_all(&vec![0; len]).await.expect("the answer");
    stream.finish().expect("the end");
    // Until the other side is done with it.
    let _ = stream.finished().await;
}
