//! Handshakes that come to their end, or to somebody else.

use std::sync::Arc;

use rand::{SeedableRng as _, rngs::StdRng};
use sinew_identity::Keypair;
use sinew_noise_proto::{
    Config, Error, Event, Handshake, InvalidMuxers, MAX_HANDSHAKE_MESSAGE_LEN, Message, Sealer,
    Violation,
};
use sinew_sans_io::{Machine as _, StreamMachine as _};
use sinew_testkit::epoch;

use crate::pair::{
    MESSAGES, YAMUX, awaiting, config, dialer, every_type_of_key, hear, host, listener, meet,
    messages, output, public_key, rsa_key, violation,
};

// [noise §Static Key Authentication] Whatever the type of the host key is.
#[test]
fn each_side_learns_who_the_other_is_with_every_type_of_key() {
    let ours = host(1);
    for theirs in every_type_of_key() {
        let their_config = config(&theirs, &[YAMUX]);
        let event = |key: &Keypair| Event::Authenticated {
            peer_id: key.peer_id(),
            public_key: key.public(),
            muxer: Some(YAMUX.into()),
        };
        let our_event = event(&Keypair::ed25519_from_secret([1; 32]));

        let dialed = meet(dialer(&ours), listener(&their_config));
        let accepted = meet(dialer(&their_config), listener(&ours));

        assert_eq!(dialed.dialer.events, [event(&theirs)]);
        assert_eq!(dialed.listener.events, std::slice::from_ref(&our_event));
        assert_eq!(accepted.dialer.events, [our_event]);
        assert_eq!(accepted.listener.events, [event(&theirs)]);
    }
}

#[test]
fn a_dialer_finds_whom_it_expects() {
    let expected = public_key(2).to_peer_id();
    let mut rng = StdRng::seed_from_u64(1);

    let met = meet(
        Handshake::dial(host(1), Some(expected), &mut rng),
        listener(&host(2)),
    );

    let Event::Authenticated { peer_id, .. } = &met.dialer.events[0] else {
        panic!("not authenticated");
    };
    assert_eq!(*peer_id, expected);
}

#[test]
fn a_dialer_that_expects_somebody_else_names_both_and_does_not_name_itself() {
    let expected = public_key(3).to_peer_id();
    let mut rng = StdRng::seed_from_u64(1);
    let dialer = Handshake::dial(host(1), Some(expected), &mut rng);

    let mut met = meet(dialer, listener(&host(2)));

    assert_eq!(
        met.dialer.error,
        Some(Error::WrongPeer {
            expected,
            actual: public_key(2).to_peer_id(),
        })
    );
    assert_eq!(met.dialer.events, []);
    let [first, _, _] = messages();
    assert_eq!(met.dialer.sent.len(), first.len());
    assert!(met.dialer.machine.into_transport().is_none());
    met.listener.end(epoch());
    assert_eq!(
        met.listener.error.map(Err::<(), _>),
        Some(violation(Message::Third, Violation::EarlyEof))
    );
}

#[test]
fn what_follows_the_last_message_stays_with_the_caller() {
    let [_, second, third] = messages();
    for (message, bytes) in [(Message::Second, second), (Message::Third, third)] {
        let mut machine = awaiting(message);

        let left = hear(&mut machine, &[&bytes[..], b"records"].concat()).unwrap();

        assert_eq!(left, b"records"[..]);
        assert!(machine.poll_event().is_some());
        assert_eq!(hear(&mut machine, b"more").unwrap(), b"more"[..]);
        assert_eq!(machine.handle_eof(epoch()), Ok(()));
    }
}

#[test]
fn a_dialer_may_send_records_in_the_flight_of_its_last_message() {
    let [_, second, _] = messages();
    let mut dialer = awaiting(Message::Second);
    let mut listener = awaiting(Message::Third);
    hear(&mut dialer, &second).unwrap();
    let mut flight = output(&mut dialer);
    let start = flight.len();
    flight.extend_from_slice(&Sealer::HEADER);
    flight.extend_from_slice(b"early");
    let mut ours = dialer.into_transport().unwrap();
    ours.sealer.seal(&mut flight, start).unwrap();

    let mut left = hear(&mut listener, &flight).unwrap();

    let mut theirs = listener.into_transport().unwrap();
    let opened = theirs.opener.open(&mut left).unwrap();
    assert_eq!(opened.unwrap(), b"early"[..]);
    assert!(left.is_empty());
}

#[test]
fn there_is_no_transport_before_the_peer_is_authenticated_and_the_output_taken() {
    for message in MESSAGES {
        assert!(awaiting(message).into_transport().is_none());
    }
    let [_, second, _] = messages();
    let mut machine = awaiting(Message::Second);
    hear(&mut machine, &second).unwrap();
    assert!(machine.into_transport().is_none());
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
    let transcript = |key: &Keypair, seed| {
        let rng = &mut StdRng::seed_from_u64(seed);
        let config = Arc::new(Config::new(key, rng).unwrap());
        let dialer = Handshake::dial(Arc::clone(&config), None, rng);
        let listener = Handshake::listen(config, rng);
        let met = meet(dialer, listener);
        assert!(met.dialer.error.is_none() && met.listener.error.is_none());
        let mut record = Sealer::HEADER.to_vec();
        let mut transport = met.dialer.machine.into_transport().unwrap();
        transport.sealer.seal(&mut record, 0).unwrap();
        [met.dialer.sent, met.listener.sent, record]
    };
    for key in every_type_of_key() {
        assert_eq!(transcript(&key, 1), transcript(&key, 1));
        for (one, other) in transcript(&key, 1).iter().zip(transcript(&key, 2)) {
            assert_ne!(*one, other);
        }
    }
}

#[test]
fn two_handshakes_of_a_host_share_no_ephemeral_key_and_no_records() {
    let (config, mut rng) = (host(1), StdRng::seed_from_u64(1));
    let mut sealed = [(); 2].map(|()| {
        let dialer = Handshake::dial(Arc::clone(&config), None, &mut rng);
        let met = meet(dialer, Handshake::listen(host(2), &mut rng));
        let mut record = [&Sealer::HEADER[..], b"the same"].concat();
        let mut transport = met.dialer.machine.into_transport().unwrap();
        transport.sealer.seal(&mut record, 0).unwrap();
        (met.dialer.sent, record)
    });

    let [one, other] = &mut sealed;

    assert_ne!(one.0[..34], other.0[..34]);
    assert_ne!(one.1, other.1);
}

#[test]
fn the_most_muxers_with_the_longest_names_fit_a_message_beside_the_longest_key() {
    let muxers: Vec<_> = (10..26).map(|index| format!("/{index:0>254}")).collect();
    let config = Config::new(&rsa_key(), &mut StdRng::seed_from_u64(1)).unwrap();
    let config = Arc::new(config.with_muxers(muxers.clone()).unwrap());

    let met = meet(dialer(&config), listener(&config));

    assert!(met.listener.sent.len() < MAX_HANDSHAKE_MESSAGE_LEN);
    let Event::Authenticated { muxer, .. } = &met.listener.events[0] else {
        panic!("not authenticated");
    };
    assert_eq!(muxer.as_deref(), Some(muxers[0].as_str()));
}

#[test]
fn muxers_that_a_peer_would_not_read_are_not_offered() {
    let offer = |muxers: Vec<String>| {
        let key = Keypair::ed25519_from_secret([1; 32]);
        let config = Config::new(&key, &mut StdRng::seed_from_u64(1)).unwrap();
        config.with_muxers(muxers).map(drop)
    };

    assert_eq!(
        offer(vec!["/x".to_owned(); 17]),
        Err(InvalidMuxers::TooMany { max: 16 })
    );
    for len in [0, 256] {
        assert_eq!(
            offer(vec!["x".repeat(len)]),
            Err(InvalidMuxers::Length { len, max: 255 })
        );
    }
}

#[test]
fn nothing_secret_is_printed() {
    let mut dialer = dialer(&host(1));
    let printed = format!("{:?} {dialer:?}", host(1));

    assert!(!output(&mut dialer).is_empty());
    assert!(printed.contains("12D3KooW") && printed.contains(YAMUX));
    assert!(
        !printed.contains("secret") && printed.len() < 2000,
        "{printed}"
    );
}
