//! Random protocols on both sides, random pieces on the way, and a model that says what must come of it.

use rand::{RngExt, rngs::StdRng, seq::SliceRandom};
use sinew_multistream_proto::{Config, Error, Event, Negotiation, Protocol};
use sinew_testkit::{Chunks, Conversation, Seed, each_seed, epoch};

use crate::wire::{eager, output, patient};

#[test]
fn the_first_protocol_of_the_dialer_that_the_listener_knows_is_spoken() {
    each_seed(500, |seed| {
        let mut rng = seed.rng();
        let offered = some_protocols(&mut rng, 1);
        let supported = some_protocols(&mut rng, 0);
        let expected = offered
            .iter()
            .find(|name| supported.contains(name))
            .cloned();
        let config_of_dialer = config(&mut rng);
        let dialer = Negotiation::dial(offered.clone(), config_of_dialer).unwrap();
        let listener = Negotiation::listen(supported, config(&mut rng));
        let mut conversation = cut(Conversation::new(dialer, listener), seed);

        conversation.run();

        let Conversation {
            dialer, listener, ..
        } = conversation;
        let Some(expected) = expected else {
            assert_eq!(dialer.error, Some(Error::NoCommonProtocol));
            assert_eq!((listener.error, listener.events), (None, vec![]));
            return;
        };
        // Nobody waits for the answer to a last offer.
        let is_guess = config_of_dialer.optimistic && offered.last() == Some(&expected);
        let event = if is_guess {
            Event::Confirmed(expected.clone())
        } else {
            Event::Selected(expected.clone())
        };
        assert_eq!((dialer.error, dialer.events), (None, vec![event]));
        assert_eq!(listener.events, [Event::Selected(expected.clone())]);
        assert_eq!(dialer.machine.selected(), Some(&expected));
        assert_eq!(listener.machine.selected(), Some(&expected));
    });
}

#[test]
fn payload_in_the_same_flight_arrives_whole_however_it_is_cut() {
    each_seed(500, |seed| {
        let mut rng = seed.rng();
        let protocol = some_protocols(&mut rng, 1).remove(0);
        let mut dialer = if rng.random() {
            eager(protocol.clone())
        } else {
            patient([protocol.clone()])
        };
        let listener = Negotiation::listen([protocol], Config::default());
        let payload = seed.bytes();
        let flight = [&output(&mut dialer)[..], &payload].concat();
        let mut side = sinew_testkit::Side::new(listener);

        let mut rest = &flight[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rng.random_range(1..=rest.len()));
            side.deliver(epoch(), piece);
            rest = after;
        }

        assert!(side.machine.is_confirmed());
        assert_eq!(side.inbox, payload[..]);
    });
}

fn some_protocols(rng: &mut StdRng, least: usize) -> Vec<Protocol> {
    let names = ["/a", "/b", "/a/1", "/longer/name/1.0.0", "/b ", "/~", "/"];
    let mut all = names.map(Protocol::from_static).to_vec();
    all.push(Protocol::try_from(format!("/{}", "x".repeat(200))).expect("short enough"));
    all.shuffle(rng);
    all.truncate(rng.random_range(least..=all.len()));
    all
}

fn config(rng: &mut StdRng) -> Config {
    let mut config = Config::default();
    config.optimistic = rng.random();
    config
}

fn cut(
    mut conversation: Conversation<Negotiation, Negotiation>,
    seed: Seed,
) -> Conversation<Negotiation, Negotiation> {
    let (there, back) = (seed.child("there"), seed.child("back"));
    conversation.to_listener = conversation.to_listener.with_chunks(Chunks::Random(there));
    conversation.to_dialer = conversation.to_dialer.with_chunks(Chunks::Random(back));
    conversation
}
