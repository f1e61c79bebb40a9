//! Agreeing on a protocol over streams in memory.

use std::task::{Context, Waker};

use sinew_identity::Keypair;
use sinew_runtime::Runtime;

use super::{Config, NegotiationError, dial, listen};
use crate::{
    ConnectionId, Direction, Protocol, ReadError, Stream, StreamCode, StreamInfo, StreamIo,
    WriteError, memory::MemoryPair,
};

const ECHO: Protocol = Protocol::from_static("/echo/1.0.0");
const OTHER: Protocol = Protocol::from_static("/other/1.0.0");

/// The two ends of a stream, before the second has heard of it.
async fn ends() -> (Stream, impl Future<Output = Stream>) {
    let peer = |secret| Keypair::ed25519_from_secret([secret; 32]).peer_id();
    let MemoryPair { dialer, listener } = MemoryPair::new(&Runtime::tokio(), peer(1), peer(2));
    let wrap = move |io: Box<dyn StreamIo>, direction| {
        let info = StreamInfo {
            peer: peer(1),
            connection: ConnectionId(1),
            direction,
            protocol: None,
        };
        Stream::new(io, info)
    };
    let ours = wrap(dialer.open().await.unwrap(), Direction::Outbound);
    let theirs = async move {
        let io = listener.accept().await.unwrap();
        drop(dialer);
        wrap(io, Direction::Inbound)
    };
    (ours, theirs)
}

#[tokio::test]
async fn one_protocol_is_used_before_the_answer_has_come() {
    let (ours, theirs) = ends().await;

    let mut ours = dial(ours, [ECHO], Config::default()).await.unwrap();
    ours.write_all(b"request").await.unwrap();
    ours.finish().unwrap();
    let mut theirs = listen(theirs.await, [ECHO, OTHER], Config::default())
        .await
        .unwrap();

    assert_eq!(theirs.protocol(), Some(&ECHO));
    assert_eq!(theirs.read_to_end(64).await.unwrap(), b"request");
    theirs.write_all(b"answer").await.unwrap();
    theirs.finish().unwrap();
    assert_eq!(ours.read_to_end(64).await.unwrap(), b"answer");
    ours.finished().await.unwrap();
}

#[tokio::test]
async fn the_second_choice_is_taken_when_the_first_is_unknown() {
    let (ours, theirs) = ends().await;

    let (ours, theirs) = tokio::join!(dial(ours, [OTHER, ECHO], Config::default()), async {
        listen(theirs.await, [ECHO], Config::default()).await
    });

    assert_eq!(ours.unwrap().protocol(), Some(&ECHO));
    assert_eq!(theirs.unwrap().protocol(), Some(&ECHO));
}

#[tokio::test]
async fn a_refused_guess_surfaces_at_the_first_read_and_at_every_call_after() {
    let (ours, theirs) = ends().await;
    let mut ours = dial(ours, [OTHER], Config::default()).await.unwrap();
    ours.write_all(b"request").await.unwrap();
    let serving = tokio::spawn(async {
        listen(theirs.await, [ECHO], Config::default())
            .await
            .map(drop)
    });

    let error = ours.read_bytes().await.unwrap_err();

    let ReadError::Negotiation(NegotiationError::NoCommonProtocol { offered }) = error else {
        panic!("{error}");
    };
    assert_eq!(&*offered, [OTHER]);
    assert!(matches!(
        ours.write_all(b"more").await,
        Err(WriteError::Negotiation(_))
    ));
    drop(ours);
    serving.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn finished_waits_for_the_agreement_of_the_peer() {
    let (ours, theirs) = ends().await;
    let mut ours = dial(ours, [OTHER], Config::default()).await.unwrap();
    let serving = tokio::spawn(async {
        listen(theirs.await, [ECHO], Config::default())
            .await
            .map(drop)
    });

    let error = ours.finished().await.unwrap_err();

    assert!(matches!(error, WriteError::Negotiation(_)), "{error}");
    serving.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_peer_that_breaks_the_rules_is_named_as_the_one_at_fault() {
    let (mut ours, theirs) = ends().await;
    ours.write_all(b"\x05nope\n").await.unwrap();

    let error = listen(theirs.await, [ECHO], Config::default())
        .await
        .unwrap_err();

    assert!(matches!(error, NegotiationError::Violation(_)), "{error}");
}

#[tokio::test]
async fn halves_of_a_stream_agree_too() {
    let (ours, theirs) = ends().await;
    let (mut read, mut write) = dial(ours, [ECHO], Config::default()).await.unwrap().split();
    let echo = tokio::spawn(async {
        let mut theirs = listen(theirs.await, [ECHO], Config::default())
            .await
            .unwrap();
        theirs.copy_back().await.unwrap();
    });

    write.write_all(b"both ways").await.unwrap();
    write.finish().unwrap();

    let mut answer = Vec::new();
    while let Some(chunk) = read.read_bytes().await.unwrap() {
        answer.extend_from_slice(&chunk);
    }
    assert_eq!(answer, b"both ways");
    echo.await.unwrap();
}

#[tokio::test]
async fn a_refusal_that_a_reset_overtook_is_told_by_the_code_of_the_reset() {
    let (ours, theirs) = ends().await;
    let mut ours = dial(ours, [OTHER], Config::default()).await.unwrap();
    ours.write_all(b"no offer follows").await.unwrap();
    ours.finish().unwrap();

    // The refusal and the reset are both there before the dialer looks.
    listen(theirs.await, [ECHO], Config::default())
        .await
        .unwrap_err();
    let error = ours.read_bytes().await.unwrap_err();

    assert!(
        matches!(
            error,
            ReadError::Negotiation(NegotiationError::NoCommonProtocol { .. })
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_reset_during_an_unconfirmed_guess_is_read_as_a_reset() {
    let (ours, theirs) = ends().await;
    let mut ours = dial(ours, [ECHO], Config::default()).await.unwrap();
    let mut theirs = listen(theirs.await, [ECHO], Config::default())
        .await
        .unwrap();

    theirs.reset(StreamCode::RESOURCE_LIMIT_EXCEEDED);

    let error = ours.read_bytes().await.unwrap_err();
    assert!(
        matches!(error, ReadError::Reset(StreamCode::RESOURCE_LIMIT_EXCEEDED)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_negotiation_that_is_given_up_resets_the_stream_and_says_why() {
    let (mut ours, theirs) = ends().await;
    // The peer hears of a stream with its first bytes.
    ours.write_all(b"\x13/multi").await.unwrap();
    let mut negotiation = Box::pin(listen(theirs.await, [ECHO], Config::default()));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(negotiation.as_mut().poll(&mut cx).is_pending());

    drop(negotiation);

    let error = ours.read_bytes().await.unwrap_err();
    assert!(
        matches!(
            error,
            ReadError::Reset(StreamCode::PROTOCOL_NEGOTIATION_FAILED)
        ),
        "{error:?}"
    );
}
