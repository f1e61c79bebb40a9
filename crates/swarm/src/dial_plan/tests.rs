//! Order, delays and bounds of a plan.

use std::time::Duration;

use sinew_multiaddr::Address;

use super::plan;

const STAGGER: Duration = Duration::from_millis(250);

#[test]
fn staggers_the_addresses_in_the_order_given() {
    let plan = plan([7, 3, 5].map(Address::memory), STAGGER, 8);

    let planned: Vec<_> = plan.into_iter().map(|it| (it.address, it.delay)).collect();
    assert_eq!(
        planned,
        [
            (Address::memory(7), Duration::ZERO),
            (Address::memory(3), STAGGER),
            (Address::memory(5), STAGGER * 2),
        ]
    );
}

#[test]
fn dials_an_address_once_however_often_it_is_given() {
    let plan = plan([7, 7, 3, 7].map(Address::memory), STAGGER, 8);

    assert_eq!(plan.len(), 2);
    assert_eq!(plan[1].delay, STAGGER);
}

#[test]
fn looks_at_no_more_addresses_than_it_may() {
    let plan = plan((1..).map(Address::memory), STAGGER, 5);

    assert_eq!(plan.len(), 5);
}
