//! Tests of what counts as an echo.

use sinew::{Address, Host, StreamCode};
use sinew_simnet::World;
use sinew_testkit::Seed;

use super::*;

#[test]
fn what_comes_back_as_it_was_sent_is_an_echo() {
    for len in [0, 1, CHUNK, 3 * CHUNK + 1] {
        let (same, is_same) = against(Liar::Honest, len).unwrap();

        assert_eq!((same, is_same), (len.into(), true));
    }
}

#[test]
fn a_byte_that_changed_on_the_way_is_found_where_it_is() {
    let (same, is_same) = against(Liar::Changes(70_000), 100_000).unwrap();

    assert_eq!((same, is_same), (70_000, false));
}

#[test]
fn an_echo_that_ends_too_early_is_shorter() {
    let (same, is_same) = against(Liar::StopsBefore(70_000), 100_000).unwrap();

    assert_eq!((same, is_same), (70_000, true));
}

#[test]
fn a_byte_more_than_was_sent_is_found() {
    let (same, is_same) = against(Liar::SaysMore, 1000).unwrap();

    assert_eq!((same, is_same), (1000, false));
}

#[test]
fn a_peer_that_leaves_is_told_with_its_code() {
    let why = against(Liar::Leaves, 100_000).unwrap_err();

    assert!(
        matches!(
            why,
            Why::Write(WriteError::Stopped(CODE)) | Why::Read(ReadError::Reset(CODE))
        ),
        "{why:?}"
    );
}

/// How a peer answers that is asked for an echo.
#[derive(Clone, Copy)]
enum Liar {
    Honest,
    /// The byte at this place.
    Changes(usize),
    /// Says as much.
    StopsBefore(usize),
    SaysMore,
    Leaves,
}

/// Asks a peer that answers as `liar` does for an echo.
fn against(liar: Liar, len: u32) -> Result<(u64, bool), Why> {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.block_on(async {
        let address = Address::quic((bob.ipv4(), 4001).into());
        let theirs = bob.host().listen(address).start().await.unwrap();
        theirs.serve(PROTOCOL, move |stream| answer(liar, stream));
        let ours: Host = alice.host().start().await.unwrap();
        let address = theirs.listen_addresses().remove(0);
        let peer = ours.connect(address).await.unwrap();
        let stream = ours.open_stream(peer, PROTOCOL).await.unwrap();
        exchange(stream, len).await
    })
}

async fn answer(liar: Liar, mut stream: Stream) {
    let mut at = 0;
    while let Ok(Some(bytes)) = stream.read_bytes().await {
        let mut bytes = bytes.to_vec();
        match liar {
            Liar::Honest | Liar::SaysMore => {}
            Liar::Changes(place) => {
                let place = place.wrapping_sub(at);
                bytes.get_mut(place).into_iter().for_each(|it| *it ^= 1);
            }
            Liar::StopsBefore(place) => bytes.truncate(place.saturating_sub(at)),
            Liar::Leaves => return stream.reset(CODE),
        }
        at += bytes.len();
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
    if matches!(liar, Liar::SaysMore) {
        stream.write_all(b"!").await.ok();
    }
    stream.finish().ok();
}

const CODE: StreamCode = StreamCode::new(77);
