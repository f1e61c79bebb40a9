//! What the server does.

use std::time::Duration;

use sinew_perf::{Config, HEADER_LEN, ServeError};
use sinew_transport::{StreamCode, memory::WINDOW_BYTES};
use tokio::time;

use crate::pair::{reset_code, responder, serving, streams};

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_comes_and_then_the_end() {
    for wanted in [0, 1, 65_535, 65_536, 65_537, 5 * WINDOW_BYTES] {
        let (mut ours, theirs) = streams().await;
        let serving = serving(&responder(Config::default()), theirs);

        ours.write_all(&(wanted as u64).to_be_bytes())
            .await
            .unwrap();
        ours.write_all(&[7; 1000]).await.unwrap();
        ours.finish().unwrap();
        let answer = ours.read_to_end(wanted).await.unwrap();

        assert_eq!(answer.len(), wanted);
        let served = serving.await.unwrap().unwrap();
        assert_eq!(served.received_bytes, 1000);
        assert_eq!(served.wanted_bytes, wanted as u64);
        assert_eq!(served.sent_bytes, wanted as u64);
    }
}

// [perf §Protocol] The server must not send while the client does.
#[tokio::test(start_paused = true)]
async fn nothing_comes_before_the_upload_has_ended() {
    let (mut ours, theirs) = streams().await;
    let _serving = serving(&responder(Config::default()), theirs);
    ours.write_all(&10_u64.to_be_bytes()).await.unwrap();

    for _ in 0..10 {
        ours.write_all(&[7; 100_000]).await.unwrap();
        let early = time::timeout(Duration::from_secs(20), ours.read_bytes()).await;
        assert!(early.is_err(), "{early:?}");
    }
    ours.finish().unwrap();

    assert_eq!(ours.read_to_end(10).await.unwrap().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn the_number_may_come_byte_by_byte() {
    let (mut ours, theirs) = streams().await;
    let serving = serving(&responder(Config::default()), theirs);

    for byte in 0x0102_u64.to_be_bytes() {
        ours.write_all(&[byte]).await.unwrap();
        time::sleep(Duration::from_secs(1)).await;
    }
    ours.finish().unwrap();

    assert_eq!(ours.read_to_end(0x0102).await.unwrap().len(), 0x0102);
    assert_eq!(serving.await.unwrap().unwrap().wanted_bytes, 0x0102);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_cut_off_anywhere_is_a_violation() {
    for len in 0..HEADER_LEN {
        let (mut ours, theirs) = streams().await;
        let serving = serving(&responder(Config::default()), theirs);

        ours.write_all(&u64::MAX.to_be_bytes()[..len])
            .await
            .unwrap();
        ours.finish().unwrap();

        let served = serving.await.unwrap();
        assert!(
            matches!(served, Err(ServeError::Truncated { got }) if got == len),
            "{served:?}"
        );
        assert_eq!(
            reset_code(ours.read_bytes().await),
            Some(StreamCode::PROTOCOL_VIOLATION)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_has_enough_ends_its_run_in_good_order() {
    let (mut ours, theirs) = streams().await;
    let responder = responder(Config::default());
    let serving = serving(&responder, theirs);
    ours.write_all(&u64::MAX.to_be_bytes()).await.unwrap();
    ours.finish().unwrap();
    ours.read_exact(&mut [0; 10]).await.unwrap();

    ours.stop(StreamCode::NO_ERROR);

    let served = serving.await.unwrap().unwrap();
    assert_eq!(served.wanted_bytes, u64::MAX);
    assert!(served.sent_bytes >= 10 && served.sent_bytes < u64::MAX);
    assert_eq!(responder.run_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_all_and_is_gone_before_the_end_has_been_served() {
    let (mut ours, theirs) = streams().await;
    let serving = serving(&responder(Config::default()), theirs);
    ours.write_all(&5_u64.to_be_bytes()).await.unwrap();
    ours.finish().unwrap();

    ours.read_exact(&mut [0; 5]).await.unwrap();
    drop(ours);

    assert_eq!(serving.await.unwrap().unwrap().sent_bytes, 5);
}
