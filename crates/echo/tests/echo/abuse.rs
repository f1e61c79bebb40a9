//! Echoes that do not come back, or come back changed.

use std::time::Duration;

use bytes::Bytes;
use sinew_echo::{EchoError, echo, pattern, serve};
use sinew_transport::{CopyError, ReadError, Stream, StreamCode, WriteError, memory::WINDOW_BYTES};
use tokio::time;

use crate::pair::streams;

#[tokio::test(start_paused = true)]
async fn a_changed_byte_is_found_wherever_it_is() {
    for at in [0, 1, 65_535, 65_536, 99_999] {
        let (ours, mut theirs) = streams().await;
        let liar = tokio::spawn(async move {
            let mut all = theirs.read_to_end(100_000).await.unwrap();
            all[at] ^= 0x80;
            theirs.write_all(&all).await.unwrap();
            theirs
        });

        let result = echo(ours, pattern(100_000)).await;

        assert!(
            matches!(result, Err(EchoError::Changed { at: found }) if found == at as u64),
            "{result:?}"
        );
        let _theirs = liar.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_before_the_last_byte_is_too_short() {
    for len in [0, 1, 99_999] {
        let (ours, theirs) = streams().await;
        let short = tokio::spawn(answer(theirs, move |all| all.truncate(len)));

        let result = echo(ours, pattern(100_000)).await;

        assert!(
            matches!(result, Err(EchoError::Short { returned }) if returned == len as u64),
            "{result:?}"
        );
        short.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_byte_behind_the_last_is_one_too_many() {
    let (ours, theirs) = streams().await;
    let long = tokio::spawn(answer(theirs, |all| all.push(0)));

    let result = echo(ours, pattern(100_000)).await;

    assert!(
        matches!(result, Err(EchoError::Long { sent: 100_000 })),
        "{result:?}"
    );
    long.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reset_before_the_last_byte_is_a_failure_whatever_its_code() {
    for code in [StreamCode::NO_ERROR, StreamCode::SHUTDOWN] {
        let (ours, mut theirs) = streams().await;
        let resetting = tokio::spawn(async move {
            theirs
                .write_bytes(pattern(10).next().unwrap())
                .await
                .unwrap();
            time::sleep(Duration::from_secs(1)).await;
            theirs.reset(code);
        });

        let result = echo(ours, pattern(100_000_000)).await;

        assert!(
            matches!(result, Err(EchoError::Read(ReadError::Reset(seen))) if seen == code),
            "{result:?}"
        );
        resetting.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_only_stops_reading_is_a_failure_to_write() {
    let (ours, mut theirs) = streams().await;
    theirs.stop(StreamCode::RATE_LIMITED);

    let result = echo(ours, pattern(100_000_000)).await;

    assert!(
        matches!(
            result,
            Err(EchoError::Write(WriteError::Stopped(
                StreamCode::RATE_LIMITED
            )))
        ),
        "{result:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_server_resets_when_its_peer_did() {
    let (mut ours, theirs) = streams().await;
    let serving = tokio::spawn(serve(theirs));
    ours.write_all(b"half a message").await.unwrap();
    ours.read_bytes().await.unwrap();

    let (mut reading, writing) = ours.split();
    drop(writing);

    let served = serving.await.unwrap();
    assert!(
        matches!(served, Err(CopyError::Read(ReadError::Reset(_)))),
        "{served:?}"
    );
    let end = reading.read_bytes().await;
    assert!(matches!(end, Err(ReadError::Reset(_))), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_back_is_not_read_from_for_ever() {
    let (mut ours, theirs) = streams().await;
    let serving = tokio::spawn(serve(theirs));
    let mut accepted = 0;

    let flood = async {
        loop {
            accepted += ours.write(&[7; 1024]).await.unwrap();
        }
    };
    let flooded = time::timeout(Duration::from_secs(60), flood).await;

    assert!(flooded.is_err(), "the flood came to a halt");
    // Two windows, and what the server has in its hands: what it took from its window and not yet passed on.
    assert!(accepted <= 3 * WINDOW_BYTES, "{accepted} bytes were taken");
    assert!(!serving.is_finished());
}

/// Reads to the end, then sends back what `change` makes of it.
async fn answer(mut stream: Stream, change: impl FnOnce(&mut Vec<u8>)) {
    let mut all = stream.read_to_end(1 << 20).await.expect("the data");
    change(&mut all);
    // The other side may have seen enough before the last byte.
    let _ = stream.write_bytes(Bytes::from(all)).await;
    let _ = stream.finished().await;
}
