//! How streams come into being.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::{join, join_all};
use sinew_transport::{Acceptor, ReadError, StreamCode};

use super::lab::{Lab, pattern, receive, send, wrap};

/// The peer learns of a stream with the first bytes on it, and reads them.
pub async fn a_stream_reaches_the_peer_with_its_first_bytes(lab: &Lab) {
    let pair = lab.connect().await;
    let mut ours = wrap(lab.soon(pair.dialer.open()).await.unwrap());
    lab.never(pair.listener.accept()).await;

    ours.write_all(b"hello").await.unwrap();

    let mut theirs = wrap(lab.soon(pair.listener.accept()).await.unwrap());
    let mut hello = [0; 5];
    lab.soon(theirs.read_exact(&mut hello)).await.unwrap();
    assert_eq!(&hello, b"hello");
}

/// A stream that is dropped before anything was said on it leaves nothing. Where numbers have to be used up, as in
/// QUIC, the peer sees a stream that was reset; elsewhere it sees none.
pub async fn a_stream_that_was_never_used_leaves_nothing_behind(lab: &Lab) {
    let pair = lab.connect().await;

    drop(lab.soon(pair.dialer.open()).await.unwrap());

    if let Some(theirs) = lab.polled(usize::MAX, pair.listener.accept()).await {
        let error = lab
            .soon(wrap(theirs.unwrap()).read_bytes())
            .await
            .unwrap_err();
        assert!(matches!(error, ReadError::Reset(StreamCode::NO_ERROR)));
    }
    lab.assert_quiet(&pair).await;
}

/// An end is something to be told, even behind nothing.
pub async fn a_stream_that_ends_without_bytes_is_heard_of(lab: &Lab) {
    let pair = lab.connect().await;
    let mut ours = wrap(lab.soon(pair.dialer.open()).await.unwrap());

    ours.finish().unwrap();

    let mut theirs = wrap(lab.soon(pair.listener.accept()).await.unwrap());
    assert_eq!(lab.soon(receive(&mut theirs)).await.unwrap(), b"");
}

/// What was reset before the peer could hear of it is reset there too, or never was.
pub async fn a_stream_that_is_reset_without_bytes_is_never_an_end(lab: &Lab) {
    let pair = lab.connect().await;
    for said in [&b""[..], b"?"] {
        let mut ours = wrap(lab.soon(pair.dialer.open()).await.unwrap());
        ours.write_all(said).await.unwrap();

        ours.reset(StreamCode::new(9));

        if let Some(theirs) = lab.polled(usize::MAX, pair.listener.accept()).await {
            let mut theirs = wrap(theirs.unwrap());
            let error = lab.soon(theirs.read_bytes()).await.unwrap_err();
            assert!(matches!(error, ReadError::Reset(code) if code.get() == 9));
        }
        drop(ours);
        lab.assert_quiet(&pair).await;
    }
    lab.streams(&pair).await;
}

/// Whoever listened opens streams as well as whoever dialed.
pub async fn both_sides_open_streams_at_once(lab: &Lab) {
    let pair = lab.connect().await;

    let ((mut forth, mut forth_there), (mut back, mut back_there)) = join(
        lab.streams_from(&pair.dialer, &pair.listener),
        lab.streams_from(&pair.listener, &pair.dialer),
    )
    .await;

    for (opener, other) in [(&mut forth, &mut forth_there), (&mut back, &mut back_there)] {
        send(other, pattern(1000, 1)).await.unwrap();
        assert_eq!(lab.soon(receive(opener)).await.unwrap(), pattern(1000, 1));
    }
}

/// First opened and written, first accepted.
pub async fn streams_are_accepted_in_the_order_in_which_they_were_opened(lab: &Lab) {
    let pair = lab.connect().await;
    let mut ours = Vec::new();
    for number in 0..8 {
        let mut stream = wrap(lab.soon(pair.dialer.open()).await.unwrap());
        stream.write_all(&[number]).await.unwrap();
        ours.push(stream);
    }

    let mut order = Vec::new();
    for _ in 0..8 {
        let mut theirs = wrap(lab.soon(pair.listener.accept()).await.unwrap());
        let mut number = [0];
        lab.soon(theirs.read_exact(&mut number)).await.unwrap();
        order.extend(number);
    }

    assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7]);
}

/// No two streams of a connection have one number, and both sides call one stream the same.
pub async fn streams_have_numbers_of_their_own(lab: &Lab) {
    let pair = lab.connect().await;
    let mut numbers = BTreeSet::new();

    for _ in 0..4 {
        for (opener, other) in [
            (&pair.dialer, &pair.listener),
            (&pair.listener, &pair.dialer),
        ] {
            let (ours, theirs) = lab.streams_from(opener, other).await;
            assert_eq!(ours.id(), theirs.id());
            assert!(numbers.insert(ours.id()), "{} came twice", ours.id());
        }
    }
}

/// Setting an acceptor loses nothing that came before, and needs no `accept` afterwards.
pub async fn an_acceptor_gets_the_streams_that_waited_and_those_that_come(lab: &Lab) {
    let pair = lab.connect().await;
    let mut first = wrap(lab.soon(pair.dialer.open()).await.unwrap());
    send(&mut first, pattern(10, 1)).await.unwrap();
    lab.settle().await;

    pair.listener.set_acceptor(echo());

    assert_eq!(lab.soon(receive(&mut first)).await.unwrap(), pattern(10, 1));
    let mut second = wrap(lab.soon(pair.dialer.open()).await.unwrap());
    send(&mut second, pattern(10, 2)).await.unwrap();
    assert_eq!(
        lab.soon(receive(&mut second)).await.unwrap(),
        pattern(10, 2)
    );
    drop((first, second));
    lab.assert_quiet(&pair).await;
}

/// A handler that lets its stream go has said that something went wrong.
pub async fn a_stream_that_an_acceptor_drops_is_reset(lab: &Lab) {
    let pair = lab.connect().await;
    pair.listener.set_acceptor(Acceptor::new(|stream| {
        Box::pin(async move { drop(stream) })
    }));
    let mut ours = wrap(lab.soon(pair.dialer.open()).await.unwrap());
    ours.write_all(b"hello").await.unwrap();

    let error = lab.soon(ours.read_bytes()).await.unwrap_err();

    assert!(matches!(error, ReadError::Reset(StreamCode::NO_ERROR)));
    drop(ours);
    lab.assert_quiet(&pair).await;
}

/// Opening waits once as many streams are open as the peer allows.
pub async fn no_more_streams_are_open_than_the_limit_allows(lab: &Lab) {
    let pair = lab.connect().await;
    let limit = lab.subject.max_streams();
    let mut open = Vec::new();

    while let Some(stream) = lab.polled(usize::MAX, lab.streams(&pair)).await {
        open.push(stream);
        assert!(open.len() <= limit, "more than {limit} streams are open");
    }

    assert_eq!(open.len(), limit);
    lab.never(pair.dialer.open()).await;
}

/// What waits at the limit goes on in the order in which it asked. A quarter has to end, because quinn gives
/// streams back in lots of an eighth of the limit.
pub async fn whoever_waits_for_a_stream_gets_one_when_another_ends(lab: &Lab) {
    let pair = lab.connect().await;
    let mut open = Vec::new();
    for _ in 0..lab.subject.max_streams() {
        open.push(lab.streams(&pair).await);
    }
    let waiting = join(pair.dialer.open(), pair.dialer.open());
    let ending = async {
        lab.settle().await;
        open.truncate(open.len() * 3 / 4);
        lab.settle().await;
    };

    let ((first, second), ()) = lab.soon(join(waiting, ending)).await;

    assert!(first.unwrap().id() < second.unwrap().id());
}

/// Streams of which both sides have heard the end cause no packet when they are dropped, and make room for others
/// all the same.
pub async fn streams_that_are_over_make_room_as_soon_as_they_are_dropped(lab: &Lab) {
    let pair = lab.connect().await;
    let mut open = Vec::new();
    for _ in 0..lab.subject.max_streams() {
        open.push(lab.streams(&pair).await);
    }
    let mut over = open.split_off(open.len() / 2);
    for (ours, theirs) in &mut over {
        ours.finish().unwrap();
        theirs.finish().unwrap();
        assert_eq!(lab.soon(receive(theirs)).await.unwrap(), b"");
        assert_eq!(lab.soon(receive(ours)).await.unwrap(), b"");
        lab.soon(ours.finished()).await.unwrap();
        lab.soon(theirs.finished()).await.unwrap();
    }
    let ending = async {
        lab.settle().await;
        drop(over);
        lab.world().elapsed()
    };

    let (opened, dropped) = lab.soon(join(pair.dialer.open(), ending)).await;

    opened.unwrap();
    // Not when something else happens on the connection.
    assert!(lab.world().elapsed() - dropped < Duration::from_millis(100));
}

/// The one who asks for more waits, or is refused by name where the wire has no word for limits, and gets what it
/// wants when another stream has ended.
pub async fn a_peer_that_allows_less_is_never_made_to_take_more(lab: &Lab) {
    const LIMIT: u32 = 16;
    let Some(frugal) = lab.subject.transport_allowing(&lab.bob, LIMIT) else {
        return;
    };
    let pair = lab.connect_to(frugal).await;
    let mut open = Vec::new();
    for _ in 0..LIMIT {
        open.push(lab.streams(&pair).await);
    }

    if lab.subject.wire().announces_limits {
        lab.never(pair.dialer.open()).await;
    } else {
        let mut ours = wrap(lab.soon(pair.dialer.open()).await.unwrap());
        ours.write_all(b"one more").await.unwrap();
        let error = lab.soon(ours.read_bytes()).await.unwrap_err();
        assert!(
            matches!(error, ReadError::Reset(StreamCode::RESOURCE_LIMIT_EXCEEDED)),
            "{error:?}"
        );
    }
    assert_eq!(pair.listener.stats().open_streams, LIMIT as usize);
    assert!(
        lab.polled(usize::MAX, pair.listener.accept())
            .await
            .is_none()
    );
    open.clear();
    lab.settle().await;
    lab.streams(&pair).await;
}

/// As many streams as there may be, all at work.
pub async fn many_streams_echo_in_parallel(lab: &Lab) {
    let pair = lab.connect().await;
    pair.listener.set_acceptor(echo());
    let (dialer, lab) = (&pair.dialer, lab);

    let conversations = (0..400u32).map(|salt| async move {
        let mut stream = wrap(dialer.open().await.unwrap());
        let said = pattern(3_000 + salt as usize, salt);
        send(&mut stream, said.clone()).await.unwrap();
        let heard = receive(&mut stream).await.unwrap();
        assert!(heard == said, "stream {salt} heard something else");
    });

    lab.soon(join_all(conversations)).await;
    lab.assert_quiet(&pair).await;
}

/// Sends everything back.
pub(super) fn echo() -> Acceptor {
    Acceptor::new(|io| {
        let mut stream = wrap(io);
        Box::pin(async move {
            // Whoever asked sees the reset.
            let _outcome = stream.copy_back().await;
        })
    })
}
