//! Bytes go from one side to the other.

use std::{
    collections::VecDeque,
    future::poll_fn,
    ops::RangeInclusive,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Wake, Waker},
    time::Duration,
};

use bytes::Bytes;
use sinew_quic::Config;
use sinew_testkit::Heap;
use sinew_transport::{Acceptor, ReadError, StreamCode, WriteError};

use crate::fixture::{Pair, in_time, wrap};

#[tokio::test]
async fn a_finished_side_reads_as_an_end_while_the_other_side_goes_on() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;

    in_time(async {
        ours.write_bytes(Bytes::from_static(b"all")).await.unwrap();
        ours.finished().await.unwrap();
        assert_eq!(theirs.read_to_end(64).await.unwrap(), b"all");
        theirs.write_all(b"answer").await.unwrap();
        theirs.finish().unwrap();
        assert_eq!(ours.read_to_end(64).await.unwrap(), b"answer");
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
async fn whoever_waits_on_a_stream_hears_that_this_side_has_broken_it_off() {
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let pair = in_time(Pair::connected()).await;
    let mut io = in_time(pair.dialer.open()).await.unwrap();
    let woken = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);

    assert!(io.poll_read(&mut cx, 64, &mut VecDeque::new()).is_pending());
    io.stop(StreamCode::NO_ERROR);
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);

    let mut data = Bytes::from(vec![0; 64 << 20]);
    while io.poll_write(&mut cx, &mut data).is_ready() {}
    io.reset(StreamCode::NO_ERROR);
    assert_eq!(woken.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn resets_and_stops_carry_their_codes() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;

    theirs.stop(StreamCode::new(78));
    let stopped = in_time(async {
        loop {
            if let Err(error) = ours.write_all(b"more").await {
                break error;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(
        matches!(stopped, WriteError::Stopped(code) if code.get() == 78),
        "{stopped}"
    );

    theirs.reset(StreamCode::new(77));
    let reset = in_time(ours.read_bytes()).await.unwrap_err();
    assert!(
        matches!(reset, ReadError::Reset(code) if code.get() == 77),
        "{reset}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_answer_thousands_of_streams_within_the_turn() {
    let pair = in_time(Pair::connected()).await;
    pair.listener.set_acceptor(Acceptor::new(|io| {
        Box::pin(async move {
            wrap(io).copy_back().await.ok();
        })
    }));

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
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_panics_resets_its_stream_and_harms_no_other() {
    let pair = in_time(Pair::connected()).await;
    pair.listener.set_acceptor(Acceptor::new(|io| {
        Box::pin(async move {
            let mut stream = wrap(io);
            let mut first = [0];
            stream.read_exact(&mut first).await.unwrap();
            assert_eq!(first, *b"+", "a handler's own fault");
            stream.copy_back().await.unwrap();
        })
    }));
    let mut good = wrap(pair.dialer.open().await.unwrap());
    good.write_all(b"+").await.unwrap();
    let mut bad = wrap(pair.dialer.open().await.unwrap());
    bad.write_all(b"-").await.unwrap();

    let error = in_time(bad.read_bytes()).await.unwrap_err();
    assert!(matches!(error, ReadError::Reset(_)), "{error}");
    good.write_all(b"still here").await.unwrap();
    good.finish().unwrap();
    assert_eq!(in_time(good.read_to_end(64)).await.unwrap(), b"still here");
}

#[tokio::test]
async fn an_endless_echo_lets_others_have_their_turn() {
    let pair = in_time(Pair::connected()).await;
    pair.listener.set_acceptor(Acceptor::new(|io| {
        Box::pin(async move {
            wrap(io).copy_back().await.ok();
        })
    }));
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
    in_time(writing).await.unwrap();
}

#[tokio::test]
async fn a_handler_with_much_to_read_lets_go_of_the_turn_in_between() {
    const LEN: usize = 1 << 20;
    let pair = in_time(Pair::connected()).await;
    let mut ours = wrap(pair.dialer.open().await.unwrap());
    ours.write_bytes(Bytes::from(vec![7; LEN])).await.unwrap();
    ours.finish().unwrap();
    // All of it is there before the handler begins.
    in_time(async {
        while pair.listener.stats().received_bytes < LEN as u64 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        ours.finished().await.unwrap();
    })
    .await;

    let (polls, polled) = tokio::sync::oneshot::channel();
    let polls = Mutex::new(Some(polls));
    pair.listener.set_acceptor(Acceptor::new(move |io| {
        let mut reading = Box::pin(async move { wrap(io).read_to_end(LEN).await });
        let polls = polls.lock().unwrap().take().unwrap();
        Box::pin(async move {
            let mut count = 0;
            let read = poll_fn(|cx| {
                count += 1;
                reading.as_mut().poll(cx)
            });
            assert_eq!(read.await.unwrap().len(), LEN);
            polls.send(count).unwrap();
        })
    }));

    let polls = in_time(polled).await.unwrap();
    assert!(polls > 1, "a mebibyte was read in one poll");
}

#[tokio::test]
async fn a_path_with_jumbo_frames_is_found_out_and_used() {
    let mut config = Config::default();
    config.protocol.max_mtu = Some(8_952);
    config.protocol.max_loopback_mtu = 0;
    the_path_carries(config, 8_900..=8_952).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn datagrams_to_the_same_machine_are_as_large_as_it_takes() {
    the_path_carries(Config::default(), 65_000..=65_000).await;
}

/// Sends until datagrams are so large, and a thousand more.
async fn the_path_carries(config: Config, expected: RangeInclusive<u16>) {
    let pair = in_time(Pair::with_config(config)).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;
    let writing = tokio::spawn(async move {
        let chunk = Bytes::from(vec![7; 1 << 20]);
        while ours.write_bytes(chunk.clone()).await.is_ok() {}
    });

    in_time(async {
        while pair.dialer.stats().mtu_bytes < Some(*expected.start()) {
            theirs.read_bytes().await.unwrap();
        }
        for _ in 0..1000 {
            theirs.read_bytes().await.unwrap();
        }
    })
    .await;

    let mtu = pair.dialer.stats().mtu_bytes.unwrap();
    assert!(expected.contains(&mtu), "{mtu}");
    drop(theirs);
    in_time(writing).await.unwrap();
}

#[tokio::test]
async fn a_slow_reader_keeps_the_memory_of_a_gibibyte_flat() {
    const TOTAL: u64 = 1 << 30;
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;
    let writing = tokio::spawn(async move {
        for _ in 0..TOTAL >> 20 {
            // Each has memory of its own, so that whatever is held shows.
            let chunk = Bytes::from(vec![7; 1 << 20]);
            ours.write_bytes(chunk).await.unwrap();
        }
        ours.finished().await.unwrap();
    });

    let heap = Heap::begin();
    let mut read = 0;
    let mut next_look = 0;
    while let Some(chunk) = theirs.read_bytes().await.unwrap() {
        read += chunk.len() as u64;
        if read >= next_look {
            // The reader lags behind: it sleeps while the writer could go on.
            tokio::time::sleep(Duration::from_millis(2)).await;
            next_look = read + (8 << 20);
        }
    }

    assert_eq!(read, TOTAL);
    in_time(writing).await.unwrap();
    let peak = heap.peak();
    assert!(peak < 8 << 20, "{peak} bytes");
}
