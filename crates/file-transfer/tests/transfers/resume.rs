//! Files that were cut off.

use std::fs;

use sinew_file_transfer::{
    Config, Outgoing, Phase, Refusal, SendConfig, SendError, Sender, send_file,
};
use sinew_runtime::Runtime;
use sinew_transport::StreamCode;

use crate::{
    fixture::{Fixture, content},
    wire,
};

const SIZE: usize = 4_000_000;
const HALF: usize = 2_000_000;

#[tokio::test(start_paused = true)]
async fn a_file_that_was_cut_off_goes_on_where_it_stopped() {
    let fixture = Fixture::new().await;
    let bytes = content(SIZE, 1);
    let path = fixture.source("big", &bytes);
    cut_off(&fixture, "big", &bytes, HALF).await;
    assert_eq!(fixture.kept(), [""; 0], "half a file has no name");
    let before = fixture.bytes_sent();
    let mut first = None;

    let sent = fixture
        .send_watched(&path, "big", |progress| {
            if progress.phase == Phase::Sending && first.is_none() {
                first = Some(progress.done);
            }
        })
        .await
        .unwrap();

    assert_eq!(sent.resumed_from, HALF as u64);
    assert_eq!(first, Some(HALF as u64));
    let on_the_wire = fixture.bytes_sent() - before;
    assert!(
        (SIZE - HALF..SIZE - HALF + 1_000).contains(&(on_the_wire as usize)),
        "{on_the_wire} bytes were sent for the {} that were missing",
        SIZE - HALF
    );
    assert_eq!(fixture.received("big"), bytes);
    assert!(fixture.partials().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_was_killed_resumes_with_a_receiver_that_was_restarted() {
    let fixture = Fixture::new().await;
    let bytes = content(SIZE, 2);
    let path = fixture.source("big", &bytes);
    let stream = fixture.stream().await;
    let (reached, half) = tokio::sync::oneshot::channel();
    let sending = tokio::spawn({
        let path = path.clone();
        let mut reached = Some(reached);
        async move {
            send_file(&Runtime::tokio(), stream, path, |progress| {
                if progress.phase == Phase::Sending && progress.done >= HALF as u64 {
                    reached.take().map(|reached| reached.send(()));
                }
            })
            .await
        }
    });
    half.await.unwrap();
    sending.abort();
    fixture.failure().await;

    let fixture = fixture.restarted().await;
    let sent = fixture.send(&path).await.unwrap();

    assert!(sent.resumed_from > 0, "what arrived was thrown away");
    assert!(sent.resumed_from < SIZE as u64, "nothing was cut off");
    assert_eq!(fixture.received("big"), bytes);
}

#[tokio::test(start_paused = true)]
async fn content_that_is_all_there_is_not_sent_again() {
    let fixture = Fixture::new().await;
    let bytes = content(SIZE, 3);
    let path = fixture.source("big", &bytes);
    cut_off(&fixture, "big", &bytes, SIZE).await;

    let sent = fixture.send(&path).await.unwrap();

    assert_eq!(sent.resumed_from, SIZE as u64);
    assert_eq!(fixture.received("big"), bytes);
}

#[tokio::test(start_paused = true)]
async fn a_part_is_good_for_the_same_content_under_another_name() {
    let fixture = Fixture::new().await;
    let bytes = content(SIZE, 3);
    let path = fixture.source("renamed", &bytes);
    cut_off(&fixture, "big", &bytes, HALF).await;

    let sent = fixture.send(&path).await.unwrap();

    assert_eq!(sent.resumed_from, HALF as u64);
    assert_eq!(fixture.received("renamed"), bytes);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_changed_between_attempts_starts_from_the_beginning() {
    let fixture = Fixture::new().await;
    cut_off(&fixture, "big", &content(SIZE, 4), HALF).await;
    let changed = content(SIZE, 5);
    let path = fixture.source("big", &changed);

    let sent = fixture.send(&path).await.unwrap();

    assert_eq!(sent.resumed_from, 0);
    assert_eq!(fixture.received("big"), changed);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_changes_before_it_is_sent_is_not_sent() {
    let fixture = Fixture::new().await;
    let path = fixture.source("big", b"what it was when it was read");
    let outgoing = Outgoing::open(&path, |_| {}).await.unwrap();
    fs::write(&path, "what it is").unwrap();

    let error = Sender::new(&Runtime::tokio(), SendConfig::default())
        .send(fixture.stream().await, &outgoing, |_| {})
        .await
        .unwrap_err();

    assert!(matches!(error, SendError::SourceChanged { .. }), "{error}");
    fixture.failure().await;
    assert!(fixture.kept().is_empty());
    assert!(fixture.partials().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_kept_part_that_was_damaged_spoils_one_attempt_only() {
    let fixture = Fixture::new().await;
    let bytes = content(SIZE, 6);
    let path = fixture.source("big", &bytes);
    cut_off(&fixture, "big", &bytes, HALF).await;
    let partial = fixture.partials().remove(0);
    let partial = fixture.folder.path().join(".sinew-partial").join(partial);
    fs::write(partial, content(HALF, 7)).unwrap();

    let error = fixture.send(&path).await.unwrap_err();
    assert!(error.is_temporary());
    assert!(
        matches!(error, SendError::Refused(Refusal::ResumedMismatch)),
        "{error}"
    );
    assert!(fixture.kept().is_empty() && fixture.partials().is_empty());
    let again = fixture.send(&path).await.unwrap();

    assert_eq!(again.resumed_from, 0);
    assert_eq!(fixture.received("big"), bytes);
}

#[tokio::test(start_paused = true)]
async fn a_kept_part_that_is_longer_than_the_content_is_not_used() {
    let fixture = Fixture::new().await;
    let bytes = content(1_000, 8);
    let path = fixture.source("small", &bytes);
    let name: String = wire::sha256(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let partial = fixture.folder.path().join(".sinew-partial").join(name);
    fs::write(partial, content(2_000, 9)).unwrap();

    let sent = fixture.send(&path).await.unwrap();

    assert_eq!(sent.resumed_from, 0);
    assert_eq!(fixture.received("small"), bytes);
}

#[tokio::test(start_paused = true)]
async fn only_so_many_parts_are_kept() {
    let mut config = Config::default();
    config.max_partial_files = 3;
    let fixture = Fixture::with(config).await;

    for seed in 0..6 {
        cut_off(&fixture, "big", &content(SIZE, seed), 10_000).await;
    }

    assert_eq!(fixture.partials().len(), 3);
}

/// Sends the first `len` bytes of a content, and then gives up.
async fn cut_off(fixture: &Fixture, name: &str, bytes: &[u8], len: usize) {
    let mut stream = fixture.stream().await;
    let hash = wire::sha256(bytes);
    let offer = wire::offer(name, bytes.len() as u64, &hash);
    stream.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut stream).await, wire::accepted(0));
    stream.write_all(&bytes[..len]).await.unwrap();
    // A reset may overtake what was written, so wait until it was read, which the receiver says in time.
    let mut received = 0;
    while received < len as u64 {
        match fixture.event().await {
            sinew_file_transfer::Event::Progressed { received: now, .. } => received = now,
            sinew_file_transfer::Event::Started { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    stream.reset(StreamCode::SHUTDOWN);
    fixture.failure().await;
}
