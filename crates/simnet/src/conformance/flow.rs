//! Bytes: how many, how fast, and whose turn it is.

use futures_util::future::join;
use sinew_transport::{Stream, StreamCode, StreamIo};

use super::lab::{Lab, Pair, pattern, receive, send, wrap};

/// Back-pressure: whoever does not read bounds what the other can send, and loses nothing by it.
pub async fn a_writer_waits_for_the_reader_and_memory_stays_bounded(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let limit = lab.subject.max_unread_bytes();
    let content = pattern(2 * limit, 1);
    let mut left = content.clone();
    let mut taken = 0;

    while let Some(written) = lab
        .polled(
            usize::MAX,
            std::future::poll_fn(|cx| ours.poll_write_bytes(cx, &mut left)),
        )
        .await
    {
        written.unwrap();
        taken = content.len() - left.len();
        assert!(
            taken <= limit,
            "{taken} bytes were taken of a reader that sleeps"
        );
    }

    assert!(taken >= 64 << 10, "only {taken} bytes were taken");
    let (sent, heard) = lab
        .soon(join(send(&mut ours, left), receive(&mut theirs)))
        .await;
    sent.unwrap();
    assert!(heard.unwrap() == content);
}

/// Head-of-line blocking is a matter of the network, not of whoever does not read.
pub async fn a_stream_that_nobody_reads_holds_up_no_other(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut stuck, _unread) = lab.streams(&pair).await;
    lab.polled(usize::MAX, stuck.write_bytes(pattern(64 << 20, 1)))
        .await;

    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let content = pattern(3 << 20, 2);
    let (sent, heard) = lab
        .soon(join(send(&mut ours, content.clone()), receive(&mut theirs)))
        .await;

    sent.unwrap();
    assert!(heard.unwrap() == content);
}

/// Much more than any window.
pub async fn a_large_transfer_arrives_intact(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let content = pattern(20 << 20, 1);

    let (sent, heard) = lab
        .soon(join(send(&mut ours, content.clone()), receive(&mut theirs)))
        .await;

    sent.unwrap();
    assert!(heard.unwrap() == content);
}

/// Neither direction waits for the other.
pub async fn transfers_in_both_directions_of_one_stream_arrive_intact(lab: &Lab) {
    let pair = lab.connect().await;
    let (ours, theirs) = lab.streams(&pair).await;

    let both = join(
        exchange(ours, pattern(5 << 20, 1)),
        exchange(theirs, pattern(6 << 20, 2)),
    );
    let (ours, theirs) = lab.soon(both).await;

    assert!(ours == pattern(6 << 20, 2));
    assert!(theirs == pattern(5 << 20, 1));
}

/// For every state in which one side or the other can let a stream go: more streams than the limit allows can
/// end in it, one after the other, and nothing is left.
pub async fn streams_that_were_abandoned_in_any_state_give_their_credit_back(lab: &Lab) {
    let pair = lab.connect().await;
    for way in WAYS {
        for _ in 0..=lab.subject.max_streams() {
            way(lab, &pair).await;
        }
        lab.settle().await;
        assert_eq!(pair.dialer.stats().open_streams, 0);
    }
    lab.assert_quiet(&pair).await;
}

/// For every way to let unread bytes go: many times a connection's window can be let go so.
pub async fn bytes_that_were_never_read_give_their_credit_back(lab: &Lab) {
    let pair = lab.connect().await;
    let piece = pattern(200_000, 1);
    let endings: [fn(Stream, Stream); 4] = [
        |ours, theirs| drop((ours, theirs)),
        |ours, theirs| drop((theirs, ours)),
        |ours, mut theirs| {
            theirs.stop(StreamCode::new(1));
            drop((ours, theirs));
        },
        |mut ours, theirs| {
            ours.reset(StreamCode::new(1));
            drop((theirs, ours));
        },
    ];
    for ending in endings {
        for _ in 0..80 {
            let (mut ours, theirs) = lab.streams(&pair).await;
            lab.soon(ours.write_bytes(piece.clone())).await.unwrap();
            lab.sleep(std::time::Duration::from_millis(100)).await;
            ending(ours, theirs);
        }
    }
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let (sent, heard) = lab
        .soon(join(send(&mut ours, piece.clone()), receive(&mut theirs)))
        .await;
    sent.unwrap();
    assert!(heard.unwrap() == piece);
    drop((ours, theirs));
    lab.assert_quiet(&pair).await;
}

/// Sends `content` while it receives.
async fn exchange(stream: Stream, content: bytes::Bytes) -> Vec<u8> {
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        for piece in content.chunks(10_000) {
            writer.write_all(piece).await.unwrap();
        }
        writer.finish().unwrap();
    };
    let receiving = async {
        let mut received = Vec::new();
        while let Some(chunk) = reader.read_bytes().await.unwrap() {
            received.extend_from_slice(&chunk);
        }
        received
    };
    join(sending, receiving).await.1
}

/// One stream that is let go, by both sides, in a state of its own.
type Way = for<'a> fn(&'a Lab, &'a Pair) -> futures_util::future::LocalBoxFuture<'a, ()>;

const WAYS: [Way; 9] = [
    // Never used; the peer may hear of it all the same.
    |lab, pair| {
        Box::pin(async move {
            drop(open(lab, pair).await);
            let limit = std::time::Duration::from_millis(50);
            lab.world()
                .timeout(limit, pair.listener.accept())
                .await
                .ok();
        })
    },
    // Written, and dropped before the peer has it; it may never hear of it.
    |lab, pair| {
        Box::pin(async move {
            let mut ours = open(lab, pair).await;
            ours.write_all(b"?").await.unwrap();
            drop(ours);
            let limit = std::time::Duration::from_millis(50);
            lab.world()
                .timeout(limit, pair.listener.accept())
                .await
                .ok();
        })
    },
    // Finished, and never read.
    |lab, pair| {
        Box::pin(async move {
            let mut ours = open(lab, pair).await;
            ours.write_all(b"?").await.unwrap();
            ours.finish().unwrap();
            drop(ours);
            drop(lab.soon(pair.listener.accept()).await.unwrap());
        })
    },
    // Finished on both sides, and never read by either.
    |lab, pair| {
        Box::pin(async move {
            let (mut ours, mut theirs) = lab.streams(pair).await;
            for stream in [&mut ours, &mut theirs] {
                stream.write_all(b"?").await.unwrap();
                stream.finish().unwrap();
            }
            lab.sleep(std::time::Duration::from_millis(50)).await;
            drop((ours, theirs));
        })
    },
    // Dropped by whoever accepted it, while the other still writes.
    |lab, pair| {
        Box::pin(async move {
            let (mut ours, theirs) = lab.streams(pair).await;
            drop(theirs);
            ours.write_all(b"?").await.ok();
            ours.finish().ok();
        })
    },
    // Reset by one side, which the other never looks at.
    |lab, pair| {
        Box::pin(async move {
            let (mut ours, theirs) = lab.streams(pair).await;
            ours.reset(StreamCode::new(1));
            lab.sleep(std::time::Duration::from_millis(50)).await;
            drop(theirs);
        })
    },
    // Reset by both at once.
    |lab, pair| {
        Box::pin(async move {
            let (mut ours, mut theirs) = lab.streams(pair).await;
            ours.reset(StreamCode::new(1));
            theirs.reset(StreamCode::new(2));
        })
    },
    // Stopped, finished by the other all the same, and half closed.
    |lab, pair| {
        Box::pin(async move {
            let (mut ours, mut theirs) = lab.streams(pair).await;
            theirs.stop(StreamCode::new(3));
            ours.finish().ok();
            lab.sleep(std::time::Duration::from_millis(50)).await;
            theirs.finish().unwrap();
            drop(theirs);
        })
    },
    // Both directions read to the end, as it should be.
    |lab, pair| {
        Box::pin(async move {
            let (mut ours, mut theirs) = lab.streams(pair).await;
            ours.finish().unwrap();
            receive(&mut theirs).await.unwrap();
            theirs.finish().unwrap();
            receive(&mut ours).await.unwrap();
        })
    },
];

async fn open(lab: &Lab, pair: &Pair) -> Stream {
    let io: Box<dyn StreamIo> = lab.soon(pair.dialer.open()).await.unwrap();
    wrap(io)
}
