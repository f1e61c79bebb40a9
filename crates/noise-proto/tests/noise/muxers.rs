//! Which stream muxer is agreed on, and how the peer's list is read.

use sinew_identity::Keypair;
use sinew_noise_proto::{Event, Message, Violation};

use crate::{
    foreign::{Foreign, field},
    pair::{YAMUX, config, dialer, listener, meet, violation},
};

const MPLEX: &str = "/mplex/6.7.0";
const OTHER: &str = "/other/1.0.0";

// [muxer-selection §Multiplexer Negotiation over Noise] The first of the dialer's list that both speak.
#[test]
fn both_sides_choose_the_first_of_the_dialer_that_the_listener_has() {
    for (dialers, listeners, expected) in [
        (&[][..], &[][..], None),
        (&[YAMUX], &[], None),
        (&[], &[YAMUX], None),
        (&[YAMUX], &[MPLEX], None),
        (&[YAMUX], &[YAMUX], Some(YAMUX)),
        (&[YAMUX, MPLEX], &[MPLEX, YAMUX], Some(YAMUX)),
        (&[MPLEX, YAMUX], &[YAMUX, MPLEX], Some(MPLEX)),
        (&[OTHER, MPLEX, YAMUX], &[YAMUX, MPLEX], Some(MPLEX)),
        (&[OTHER], &[YAMUX, MPLEX, OTHER], Some(OTHER)),
        (&[YAMUX, YAMUX], &[YAMUX], Some(YAMUX)),
    ] {
        let [one, other] = [1, 2].map(|number| Keypair::ed25519_from_secret([number; 32]));

        let met = meet(
            dialer(&config(&one, dialers)),
            listener(&config(&other, listeners)),
        );

        assert_eq!(
            muxer(&met.dialer.events[0]),
            expected,
            "{dialers:?} {listeners:?}"
        );
        assert_eq!(
            muxer(&met.listener.events[0]),
            expected,
            "{dialers:?} {listeners:?}"
        );
    }
}

#[test]
fn a_peer_without_the_extension_is_met_without_a_muxer() {
    for extensions in [
        vec![],
        field(4, &[]),
        // The early data of old versions.
        field(3, b"data"),
        // Certificate hashes and extensions yet to come.
        field(4, &[field(1, b"hash"), field(1025, b"?")].concat()),
    ] {
        assert_eq!(met_with(&extensions), [None, None]);
    }
}

#[test]
fn the_list_is_found_among_other_extensions_and_other_names() {
    let yamux = field(2, YAMUX.as_bytes());
    for extensions in [
        field(4, &yamux),
        field(
            4,
            &[field(1, b"hash"), yamux.clone(), field(9, b"?")].concat(),
        ),
        field(
            4,
            &[field(2, b"\xff\xfe"), field(2, b""), yamux.clone()].concat(),
        ),
        field(4, &[field(2, &[b'x'; 4000]), yamux.clone()].concat()),
        field(
            4,
            &[vec![field(2, b"/x"); 99].concat(), yamux.clone()].concat(),
        ),
        // A message that comes twice is one, as protobuf has it.
        [field(4, &field(2, b"/x")), field(4, &yamux)].concat(),
    ] {
        let yamux = || Some(YAMUX.to_owned());
        assert_eq!(met_with(&extensions), [yamux(), yamux()]);
    }
}

#[test]
fn a_list_of_more_than_100_muxers_is_a_violation() {
    let extensions = field(4, &vec![field(2, b""); 101].concat());
    let too_many = Violation::TooManyMuxers { len: 101, max: 100 };

    for (message, result) in Foreign::says(|key| [Foreign::good(key), extensions.clone()].concat())
    {
        assert_eq!(result.map(drop), violation(message, too_many));
    }
}

/// What a dialer and a listener of ours make of a peer whose payload has `extensions`.
fn met_with(extensions: &[u8]) -> [Option<String>; 2] {
    Foreign::says(|key| [Foreign::good(key), extensions.to_vec()].concat()).map(
        |(message, result)| {
            assert_ne!(message, Message::First);
            muxer(&result.unwrap()).map(str::to_owned)
        },
    )
}

fn muxer(event: &Event) -> Option<&str> {
    let Event::Authenticated { muxer, .. } = event else {
        panic!("not authenticated");
    };
    muxer.as_deref()
}
