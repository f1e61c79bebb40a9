//! Files that arrive in one go.

use futures_util::future::try_join_all;
use sinew_file_transfer::{Event, Phase, Progress};

use crate::{
    fixture::{Fixture, content},
    wire,
};

#[tokio::test]
async fn a_file_of_any_size_arrives() {
    let fixture = Fixture::new().await;
    for size in [0, 1, 1_000, 262_144, 262_145, 5_000_003] {
        let name = format!("{size}.bin");
        let bytes = content(size, size as u64);
        let path = fixture.source(&name, &bytes);

        let sent = fixture.send(&path).await.unwrap();

        assert_eq!(fixture.received(&name), bytes);
        assert_eq!(sent.name, name);
        assert_eq!(sent.size, size as u64);
        assert_eq!(sent.sha256.to_vec(), wire::sha256(&bytes));
        assert_eq!((sent.resumed_from, sent.was_there), (0, false));
    }
    assert!(fixture.partials().is_empty(), "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_files_arrive_in_parallel() {
    let fixture = Fixture::new().await;
    let contents: Vec<_> = (0..40).map(|i| content(i * 9_973, i as u64)).collect();
    let paths: Vec<_> = contents
        .iter()
        .enumerate()
        .map(|(i, bytes)| fixture.source(&i.to_string(), bytes))
        .collect();

    let names: Vec<_> = (0..40).map(|i| format!("{}/{i}", i % 3)).collect();
    let sends = paths
        .iter()
        .zip(&names)
        .map(|(path, name)| fixture.send_as(path, name));
    try_join_all(sends).await.unwrap();

    for (name, bytes) in names.iter().zip(&contents) {
        assert_eq!(&fixture.received(name), bytes);
    }
    assert!(fixture.partials().is_empty());
}

#[tokio::test]
async fn folders_in_a_name_are_made() {
    let fixture = Fixture::new().await;
    let path = fixture.source("a.txt", b"hello");

    fixture.send_as(&path, "x/y/z.txt").await.unwrap();

    assert_eq!(fixture.received("x/y/z.txt"), b"hello");
}

#[tokio::test]
async fn progress_only_grows_and_ends_at_the_whole() {
    let fixture = Fixture::new().await;
    let path = fixture.source("big", &content(3_000_000, 1));
    let mut seen: Vec<Progress> = Vec::new();

    fixture
        .send_watched(&path, "big", |progress| seen.push(progress))
        .await
        .unwrap();

    for phase in [Phase::Hashing, Phase::Sending] {
        let done: Vec<_> = seen
            .iter()
            .filter(|progress| progress.phase == phase)
            .map(|progress| progress.done)
            .collect();
        assert_eq!(done.first(), Some(&0));
        assert_eq!(done.last(), Some(&3_000_000), "{phase:?}");
        assert!(done.is_sorted(), "{done:?}");
    }
    assert_eq!(seen.last().unwrap().phase, Phase::Verifying);
    assert!(seen.iter().all(|progress| progress.total == 3_000_000));
}

#[tokio::test]
async fn events_tell_how_far_a_file_is() {
    let fixture = Fixture::new().await;
    let path = fixture.source("big", &content(3_000_000, 1));

    fixture.send(&path).await.unwrap();

    let Event::Started {
        name, size, offset, ..
    } = fixture.event().await
    else {
        panic!("a transfer starts with `Started`");
    };
    assert_eq!((name.as_str(), size, offset), ("big", 3_000_000, 0));
    let mut last = 0;
    loop {
        match fixture.event().await {
            Event::Progressed { received, size, .. } => {
                assert!(received > last && received <= size);
                last = received;
            }
            Event::Completed {
                path, was_there, ..
            } => {
                assert_eq!(path, fixture.receiver.folder().join("big"));
                assert!(!was_there);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(last, 3_000_000);
}

#[cfg(unix)]
#[tokio::test]
async fn a_received_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let fixture = Fixture::new().await;
    let path = fixture.source("secret", b"content");

    fixture.send(&path).await.unwrap();

    let metadata = std::fs::metadata(fixture.folder.path().join("secret")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}
