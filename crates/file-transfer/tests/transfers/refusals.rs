//! Files that a receiver does not keep.

use std::fs;

use sinew_file_transfer::{Config, Outgoing, ReceiveError, Refusal, SendError, Violation};
use sinew_transport::{ReadError, StreamCode};

use crate::{
    fixture::{Fixture, content, guarded},
    wire,
};

#[tokio::test]
async fn names_that_would_escape_are_refused() {
    let fixture = Fixture::new().await;
    let path = fixture.source("a.txt", b"evil");

    for name in [
        "../evil",
        "a/../../evil",
        "/tmp/evil",
        "C:\\evil",
        "C:evil",
        "..\\evil",
        "a\0b",
        "NUL",
        "a/COM1.txt",
        "evil. ",
        "",
        ".",
        "..",
        ".bashrc",
        ".sinew-partial/lock",
        "1/2/3/4/5/6/7/8/9",
        &"x".repeat(300),
        &"x/".repeat(600),
    ] {
        let refusal = refusal(fixture.send_as(&path, name).await);
        assert_eq!(refusal, Refusal::UnsafeName, "{name:?}");
    }

    assert!(fixture.kept().is_empty());
    assert!(fixture.partials().is_empty());
    let beside = fs::read_dir(fixture.folder.path().parent().unwrap()).unwrap();
    assert!(
        beside
            .map(|entry| entry.unwrap().file_name())
            .all(|name| name != "evil")
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_on_the_way_is_not_followed() {
    let fixture = Fixture::new().await;
    let path = fixture.source("a.txt", b"evil");
    let elsewhere = tempfile::TempDir::new().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), fixture.folder.path().join("link")).unwrap();

    let refusal = refusal(fixture.send_as(&path, "link/evil").await);

    assert_eq!(refusal, Refusal::Obstructed);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert!(fixture.partials().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_has_the_name_is_not_followed() {
    let fixture = Fixture::new().await;
    let path = fixture.source("a.txt", b"evil");
    let victim = fixture.source("victim", b"precious");
    let dangling = fixture.sources.path().join("missing");
    std::os::unix::fs::symlink(&victim, fixture.folder.path().join("link")).unwrap();
    std::os::unix::fs::symlink(&dangling, fixture.folder.path().join("dangling")).unwrap();

    for name in ["link", "dangling"] {
        let refusal = refusal(fixture.send_as(&path, name).await);
        assert_eq!(refusal, Refusal::Obstructed, "{name}");
    }

    assert_eq!(fs::read(victim).unwrap(), b"precious");
    assert!(!dangling.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_not_written_to() {
    let fixture = Fixture::new().await;
    let path = fixture.source("a.txt", b"evil");
    // A socket stands for devices, which only root can make.
    let socket = fixture.folder.path().join("socket");
    let _bound = std::os::unix::net::UnixListener::bind(socket).unwrap();
    fs::create_dir(fixture.folder.path().join("folder")).unwrap();
    fs::write(fixture.folder.path().join("file"), "a file").unwrap();

    for name in ["socket", "folder", "file/below"] {
        let refusal = refusal(fixture.send_as(&path, name).await);
        assert_eq!(refusal, Refusal::Obstructed, "{name}");
    }
}

#[tokio::test]
async fn what_is_no_file_is_not_sent() {
    let fixture = Fixture::new().await;
    let folder = fixture.sources.path().to_owned();
    let mut paths = vec![folder.clone(), folder.join("missing")];
    if cfg!(unix) {
        paths.push("/dev/zero".into());
        paths.push("/dev/tty".into());
    }

    for path in paths {
        let error = Outgoing::open(&path, |_| {}).await.unwrap_err();
        assert!(matches!(error, SendError::Source { .. }), "{error:?}");
    }
    let unnamed = Outgoing::open("..", |_| {}).await.unwrap_err();
    assert!(matches!(unnamed, SendError::Unnamed { .. }));
}

#[tokio::test]
async fn a_file_that_is_there_is_not_sent() {
    let fixture = Fixture::new().await;
    let bytes = content(1_000_000, 1);
    let path = fixture.source("a.bin", &bytes);
    fixture.send(&path).await.unwrap();
    let before = fixture.bytes_sent();

    let again = fixture.send(&path).await.unwrap();

    assert!(before > 1_000_000);
    assert!(again.was_there);
    assert!(fixture.bytes_sent() - before < 1_000);
    assert_eq!(fixture.received("a.bin"), bytes);
}

#[tokio::test]
async fn a_different_file_is_never_overwritten() {
    let fixture = Fixture::new().await;
    fs::write(fixture.folder.path().join("a.txt"), "mine").unwrap();

    for other in ["other", "same"] {
        let path = fixture.source("a.txt", other.as_bytes());
        assert_eq!(refusal(fixture.send(&path).await), Refusal::NameTaken);
    }

    assert_eq!(fixture.received("a.txt"), b"mine");
    assert!(fixture.partials().is_empty());
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_not_overwritten() {
    let fixture = Fixture::new().await;
    let bytes = content(1_000, 1);
    let mut stream = fixture.stream().await;
    let offer = wire::offer("a.txt", 1_000, &wire::sha256(&bytes));
    stream.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut stream).await, wire::accepted(0));
    fs::write(fixture.folder.path().join("a.txt"), "mine").unwrap();

    stream.write_all(&bytes).await.unwrap();
    stream.finish().unwrap();

    assert_eq!(wire::read_message(&mut stream).await, wire::refused(2));
    assert_eq!(fixture.received("a.txt"), b"mine");
    assert!(fixture.partials().is_empty());
}

#[tokio::test]
async fn a_wrong_hash_is_refused_and_leaves_nothing() {
    let fixture = Fixture::new().await;
    let bytes = content(3_000_000, 1);
    let mut stream = fixture.stream().await;
    let offer = wire::offer("folder/a", 3_000_000, &wire::sha256(b"something else"));
    stream.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut stream).await, wire::accepted(0));

    stream.write_all(&bytes).await.unwrap();
    stream.finish().unwrap();

    assert_eq!(wire::read_message(&mut stream).await, wire::refused(9));
    let error = fixture.failure().await;
    assert!(matches!(
        *error,
        ReceiveError::Refused(Refusal::HashMismatch)
    ));
    assert!(fixture.kept().is_empty());
    assert!(fixture.partials().is_empty());
}

#[tokio::test]
async fn a_content_is_received_once_at_a_time() {
    let fixture = Fixture::new().await;
    let bytes = content(1_000_000, 1);
    let path = fixture.source("b", &bytes);
    let mut first = fixture.stream().await;
    let offer = wire::offer("a", 1_000_000, &wire::sha256(&bytes));
    first.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut first).await, wire::accepted(0));
    first.write_all(&bytes[..500_000]).await.unwrap();

    let second = fixture.send(&path).await.unwrap_err();
    first.write_all(&bytes[500_000..]).await.unwrap();
    first.finish().unwrap();

    assert!(second.is_temporary());
    assert!(matches!(second, SendError::Refused(Refusal::InProgress)));
    assert_eq!(wire::read_message(&mut first).await, wire::DONE);
    assert_eq!(fixture.received("a"), bytes);
}

#[tokio::test]
async fn limits_on_size_and_number_are_kept() {
    let mut config = Config::default();
    config.max_file_bytes = 1_000;
    config.max_total_bytes = 1_500;
    let fixture = Fixture::with(config).await;
    let [first, second, large] = [(1_000, 1), (501, 2), (1_001, 3)]
        .map(|(len, seed)| fixture.source(&seed.to_string(), &content(len, seed)));

    fixture.send(&first).await.unwrap();

    assert_eq!(refusal(fixture.send(&large).await), Refusal::TooLarge);
    assert_eq!(refusal(fixture.send(&second).await), Refusal::TooLarge);
    let fits = fixture.source("fits", &content(500, 4));
    fixture.send(&fits).await.unwrap();
}

#[tokio::test]
async fn what_did_not_come_is_not_counted() {
    let mut config = Config::default();
    config.max_total_bytes = 1_000;
    let fixture = Fixture::with(config).await;
    let bytes = content(1_000, 1);
    let mut stream = fixture.stream().await;
    let offer = wire::offer("a", 1_000, &wire::sha256(b"other"));
    stream.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut stream).await, wire::accepted(0));
    drop(stream);
    fixture.failure().await;

    let path = fixture.source("a", &bytes);
    fixture.send(&path).await.unwrap();
}

#[tokio::test]
async fn a_receiver_with_too_much_in_progress_is_busy() {
    let mut config = Config::default();
    config.max_concurrent = 1;
    let fixture = Fixture::with(config).await;
    let path = fixture.source("a", b"content");
    let mut first = fixture.stream().await;
    let offer = wire::offer("b", 7, &wire::sha256(b"another"));
    first.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut first).await, wire::accepted(0));

    assert_eq!(refusal(fixture.send(&path).await), Refusal::Busy);
    fixture.over().await;
    first.write_all(b"another").await.unwrap();
    first.finish().unwrap();
    assert_eq!(wire::read_message(&mut first).await, wire::DONE);
    fixture.over().await;
    fixture.send(&path).await.unwrap();
}

#[tokio::test]
async fn a_disk_that_does_not_work_is_reported() {
    let fixture = Fixture::new().await;
    let path = fixture.source("a", b"content");
    let hash = wire::sha256(b"content");
    let partial: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::create_dir(fixture.folder.path().join(".sinew-partial").join(partial)).unwrap();

    let refusal = refusal(fixture.send(&path).await);

    assert_eq!(refusal, Refusal::StorageFailed);
    assert!(matches!(*fixture.failure().await, ReceiveError::Disk(_)));
}

#[tokio::test]
async fn content_that_ends_early_is_refused_and_kept_for_later() {
    let fixture = Fixture::new().await;
    let bytes = content(1_000, 1);
    let mut stream = fixture.stream().await;
    let offer = wire::offer("a", 1_000, &wire::sha256(&bytes));
    stream.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut stream).await, wire::accepted(0));

    stream.write_all(&bytes[..400]).await.unwrap();
    stream.finish().unwrap();

    assert_eq!(wire::read_message(&mut stream).await, wire::refused(11));
    let path = fixture.source("a", &bytes);
    assert_eq!(fixture.send(&path).await.unwrap().resumed_from, 400);
}

#[tokio::test]
async fn content_beyond_what_was_announced_is_a_violation() {
    let fixture = Fixture::new().await;
    let mut stream = fixture.stream().await;
    let offer = wire::offer("a", 3, &wire::sha256(b"abc"));
    stream.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut stream).await, wire::accepted(0));

    stream.write_all(b"abcd").await.unwrap();

    let error = fixture.failure().await;
    assert!(matches!(
        *error,
        ReceiveError::Violation(Violation::TooMuchContent)
    ));
    let reset = guarded(stream.read_bytes()).await.unwrap_err();
    assert!(matches!(
        reset,
        ReadError::Reset(StreamCode::PROTOCOL_VIOLATION)
    ));
    assert!(fixture.kept().is_empty());
}

fn refusal(outcome: Result<sinew_file_transfer::Sent, SendError>) -> Refusal {
    match outcome {
        Err(SendError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}
