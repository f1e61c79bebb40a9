//! Loss is bounded, told, and told in its place.

use super::{Broadcast, Events};
use crate::{Event, Limit, LimitExceeded};

fn event(number: u32) -> Event {
    Event::LimitReached(LimitExceeded {
        limit: Limit::Connections,
        current: number.into(),
        maximum: number.into(),
        block: None,
    })
}

fn publish(broadcast: &Broadcast, number: u32) {
    broadcast.publish(&event(number), &mut Vec::new());
}

/// Returns the numbers of events, and negative counts of missed ones.
fn drain(events: &mut Events) -> Vec<i64> {
    std::iter::from_fn(|| events.try_next())
        .map(|event| {
            if let Event::LimitReached(exceeded) = event {
                return i64::try_from(exceeded.current).unwrap();
            }
            let Event::Missed(count) = event else {
                panic!("unexpected {event:?}")
            };
            -i64::try_from(count).unwrap()
        })
        .collect()
}

#[test]
fn every_reader_gets_every_event_in_order() {
    let broadcast = Broadcast::new(8);
    let mut readers = [broadcast.subscribe(), broadcast.subscribe()];

    (1..=5).for_each(|number| publish(&broadcast, number));

    for reader in &mut readers {
        assert_eq!(drain(reader), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn a_slow_reader_is_told_how_many_it_missed_and_where() {
    let broadcast = Broadcast::new(2);
    let mut reader = broadcast.subscribe();

    (1..=5).for_each(|number| publish(&broadcast, number));
    assert_eq!(reader.try_next().map(|_| ()), Some(()));
    publish(&broadcast, 6);

    assert_eq!(drain(&mut reader), [2, -3, 6]);
}

#[test]
fn a_loss_at_the_end_is_told_too() {
    let broadcast = Broadcast::new(2);
    let mut reader = broadcast.subscribe();

    (1..=5).for_each(|number| publish(&broadcast, number));

    assert_eq!(drain(&mut reader), [1, 2, -3]);
}

#[test]
fn a_reader_that_is_gone_is_forgotten() {
    let broadcast = Broadcast::new(2);
    drop(broadcast.subscribe());

    publish(&broadcast, 1);

    assert_eq!(super::lock(&broadcast.readers).mailboxes.len(), 0);
}
