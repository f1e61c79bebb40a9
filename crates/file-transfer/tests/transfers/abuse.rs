//! Peers that break the protocol or say nothing.

use std::{fs, time::Duration};

use sinew_file_transfer::{
    Outgoing, ReceiveError, Receiver, SendConfig, SendError, Sender, Sent, Violation,
};
use sinew_runtime::Runtime;
use sinew_transport::{ReadError, Stream, StreamCode};
use tempfile::TempDir;

use crate::{
    fixture::{Fixture, Pair, content, guarded, inbound, outbound},
    wire,
};

#[tokio::test]
async fn messages_that_are_none_are_violations() {
    let fixture = Fixture::new().await;
    let hash = wire::sha256(b"");
    for (bytes, violation) in [
        // A length of 4,097 bytes, of a gigabyte, and one that never ends.
        (vec![0x81, 0x20], Violation::MessageTooLong),
        (
            vec![0x80, 0x80, 0x80, 0x80, 0x04],
            Violation::MessageTooLong,
        ),
        (vec![0xff; 100], Violation::MessageTooLong),
        (vec![3, 0x0a, 0x7f, 1], Violation::MalformedMessage),
        (vec![3, 0x0a, 1, 0xff], Violation::MalformedMessage),
        (
            wire::offer("a", 1, &hash[..31]),
            Violation::HashLength { len: 31 },
        ),
        (wire::offer("a", 1, b""), Violation::HashLength { len: 0 }),
    ] {
        let mut stream = fixture.stream().await;
        stream.write_all(&bytes).await.unwrap();

        let error = fixture.failure().await;
        assert!(
            matches!(&*error, ReceiveError::Violation(found) if *found == violation),
            "{bytes:?}: {error:?}"
        );
        let reset = guarded(stream.read_bytes()).await.unwrap_err();
        assert!(matches!(
            reset,
            ReadError::Reset(StreamCode::PROTOCOL_VIOLATION)
        ));
    }
}

#[tokio::test]
async fn a_stream_that_ends_before_its_offer_is_a_violation() {
    let fixture = Fixture::new().await;
    let mut stream = fixture.stream().await;

    stream.write_all(&[40, 0x0a]).await.unwrap();
    stream.finish().unwrap();

    let error = fixture.failure().await;
    assert!(matches!(
        *error,
        ReceiveError::Violation(Violation::MissingMessage)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_offers_nothing_is_given_up() {
    let fixture = Fixture::new().await;
    let mut stream = fixture.stream().await;
    stream.write_all(&[40]).await.unwrap();

    let error = fixture.failure().await;

    assert!(matches!(*error, ReceiveError::Stalled { .. }), "{error:?}");
    let reset = guarded(stream.read_bytes()).await.unwrap_err();
    assert!(matches!(
        reset,
        ReadError::Reset(StreamCode::GARBAGE_COLLECTED)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_stalls_is_given_up_and_can_resume() {
    let fixture = Fixture::new().await;
    let bytes = content(1_000, 1);
    let mut stream = fixture.stream().await;
    let offer = wire::offer("a", 1_000, &wire::sha256(&bytes));
    stream.write_all(&offer).await.unwrap();
    assert_eq!(wire::read_message(&mut stream).await, wire::accepted(0));
    stream.write_all(&bytes[..300]).await.unwrap();

    let error = fixture.failure().await;

    assert!(matches!(*error, ReceiveError::Stalled { .. }), "{error:?}");
    let path = fixture.source("a", &bytes);
    assert_eq!(fixture.send(&path).await.unwrap().resumed_from, 300);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_says_nothing_is_given_up() {
    let error = send_to(b"content", async |_stream| {}).await.unwrap_err();

    assert!(matches!(error, SendError::Stalled { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_takes_nothing_is_given_up() {
    let error = send_to(&content(2_000_000, 1), async |stream| {
        stream.write_all(&wire::accept_message(0)).await.unwrap();
    })
    .await
    .unwrap_err();

    assert!(matches!(error, SendError::Stalled { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_may_ask_to_wait_for_as_long_as_it_likes() {
    let sent = send_to(b"content", async |stream| {
        for _ in 0..20 {
            stream.write_all(&wire::WAIT).await.unwrap();
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        stream.write_all(&wire::accept_message(3)).await.unwrap();
        assert_eq!(stream.read_to_end(100).await.unwrap(), b"tent");
        stream.write_all(&wire::WAIT).await.unwrap();
        stream.write_all(&[2, 0x08, 4]).await.unwrap();
    })
    .await
    .unwrap();

    assert_eq!((sent.size, sent.resumed_from), (7, 3));
}

#[tokio::test]
async fn replies_that_make_no_sense_are_violations() {
    for (reply, violation) in [
        (
            wire::accept_message(8),
            Violation::OffsetBehindEnd { offset: 8, size: 7 },
        ),
        (vec![2, 0x08, 99], Violation::UnknownReply { state: 99 }),
        (vec![0], Violation::UnknownReply { state: 0 }),
        (vec![2, 0x08, 4], Violation::UnexpectedReply),
        (vec![0xff, 0xff, 0xff], Violation::MessageTooLong),
    ] {
        let error = send_to(b"content", async |stream| {
            stream.write_all(&reply).await.unwrap();
        })
        .await
        .unwrap_err();

        assert!(
            matches!(&error, SendError::Violation(found) if *found == violation),
            "{reply:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_receiver_that_gives_up_half_way_can_say_why() {
    let error = send_to(&content(2_000_000, 1), async |stream| {
        stream.write_all(&wire::accept_message(0)).await.unwrap();
        stream.read_bytes().await.unwrap();
        stream.write_all(&[4, 0x08, 5, 0x18, 7]).await.unwrap();
        stream.finish().unwrap();
        stream.stop(StreamCode::NO_ERROR);
    })
    .await
    .unwrap_err();

    assert!(
        matches!(
            error,
            SendError::Refused(sinew_file_transfer::Refusal::StorageFull)
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_folder_has_one_receiver() {
    let fixture = Fixture::new().await;

    let second = Receiver::open(
        &Runtime::tokio(),
        fixture.folder.path(),
        sinew_file_transfer::Config::default(),
        |_| {},
    )
    .await;

    assert!(second.unwrap_err().to_string().contains("another receiver"));
}

/// Sends a file to a receiver that does as the test says, and then keeps the stream open.
async fn send_to(bytes: &[u8], receive: impl AsyncFnOnce(&mut Stream)) -> Result<Sent, SendError> {
    let sources = TempDir::new().unwrap();
    let path = sources.path().join("a");
    fs::write(&path, bytes).unwrap();
    let pair = Pair::connected().await;
    let outgoing = Outgoing::open(&path, |_| {}).await.unwrap();
    let sender = Sender::new(&Runtime::tokio(), SendConfig::default());
    let stream = outbound(pair.dialer.open().await.unwrap());

    let sending = sender.send(stream, &outgoing, |_| {});
    let receiving = async {
        let mut stream = inbound(pair.listener.accept().await.unwrap());
        let mut len = [0];
        stream.read_exact(&mut len).await.unwrap();
        let mut offer = vec![0; usize::from(len[0])];
        stream.read_exact(&mut offer).await.unwrap();
        receive(&mut stream).await;
        std::future::pending::<()>().await;
    };
    guarded(async {
        tokio::select! {
            biased;
            outcome = sending => outcome,
            () = receiving => unreachable!("it waits for ever"),
        }
    })
    .await
}
