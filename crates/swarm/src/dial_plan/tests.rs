//! Order and times of a plan, also when addresses come late and dials end early.

use super::*;

const STEP: Duration = Duration::from_millis(250);
const NEAR_STEP: Duration = Duration::from_millis(30);
const NOW: Duration = Duration::ZERO;

const QUIC_V6: &str = "/ip6/2001:db8::7/udp/4001/quic-v1";
const QUIC_V4: &str = "/ip4/192.0.2.7/udp/4001/quic-v1";
const TCP_V6: &str = "/ip6/2001:db8::7/tcp/4001";
const TCP_V4: &str = "/ip4/192.0.2.7/tcp/4001";
const NEAR_QUIC: &str = "/ip4/10.0.0.7/udp/4001/quic-v1";
const NEAR_TCP: &str = "/ip4/10.0.0.7/tcp/4001";

fn plan(addresses: &[&str]) -> DialPlan {
    let mut plan = DialPlan::new(DialDelays::default());
    insert(&mut plan, addresses);
    plan
}

fn insert(plan: &mut DialPlan, addresses: &[&str]) {
    for address in addresses {
        let address: Address = address.parse().unwrap();
        plan.insert(address.into());
    }
}

/// Dials each address at its time.
fn run(plan: &mut DialPlan) -> Vec<(String, Duration)> {
    std::iter::from_fn(|| {
        let due = plan.next_due()?;
        Some((plan.take_due(due).unwrap().address.to_string(), due))
    })
    .collect()
}

fn schedule(addresses: &[&str]) -> Vec<(String, Duration)> {
    run(&mut plan(addresses))
}

fn expected<const N: usize>(dials: [(&str, Duration); N]) -> Vec<(String, Duration)> {
    dials.map(|(address, due)| (address.to_owned(), due)).into()
}

#[test]
fn dials_quic_before_tcp_and_ipv6_before_ipv4() {
    assert_eq!(
        schedule(&[TCP_V4, TCP_V6, QUIC_V4, QUIC_V6]),
        expected([
            (QUIC_V6, NOW),
            (QUIC_V4, STEP),
            (TCP_V6, STEP * 2),
            (TCP_V4, STEP * 3),
        ])
    );
}

#[test]
fn waits_for_what_exists_only() {
    assert_eq!(
        schedule(&[TCP_V4, QUIC_V4]),
        expected([(QUIC_V4, NOW), (TCP_V4, STEP)])
    );
    assert_eq!(
        schedule(&[TCP_V4, TCP_V6]),
        expected([(TCP_V6, NOW), (TCP_V4, STEP)])
    );
    assert_eq!(schedule(&[TCP_V4]), expected([(TCP_V4, NOW)]));
}

#[test]
fn dials_private_addresses_beside_public_ones_and_sooner() {
    let loopback = "/ip6/::1/udp/4001/quic-v1";

    assert_eq!(
        schedule(&[TCP_V4, QUIC_V4, NEAR_TCP, NEAR_QUIC, loopback]),
        expected([
            (loopback, NOW),
            (QUIC_V4, NOW),
            (NEAR_QUIC, NEAR_STEP),
            (NEAR_TCP, NEAR_STEP * 2),
            (TCP_V4, STEP),
        ])
    );
}

#[test]
fn dials_other_kinds_last() {
    let other = Duration::from_millis(100);

    assert_eq!(
        schedule(&["/memory/3", NEAR_TCP, "/memory/1", NEAR_QUIC]),
        expected([
            (NEAR_QUIC, NOW),
            (NEAR_TCP, NEAR_STEP),
            ("/memory/3", NEAR_STEP + other),
            ("/memory/1", NEAR_STEP + other * 2),
        ])
    );
    assert_eq!(
        schedule(&["/memory/3", "/memory/1"]),
        expected([("/memory/3", NOW), ("/memory/1", other)])
    );
}

#[test]
fn lets_tcp_wait_no_longer_for_many_quic_addresses_than_for_one_of_each_family() {
    let many: Vec<_> = (0..20)
        .flat_map(|n| {
            [
                format!("/ip6/2001:db8::{n}/udp/1/quic-v1"),
                format!("/ip4/192.0.2.{n}/udp/1/quic-v1"),
            ]
        })
        .collect();
    let addresses: Vec<_> = many.iter().map(String::as_str).chain([TCP_V4]).collect();

    let schedule = schedule(&addresses);

    let tcp = schedule.iter().find(|(address, _)| address == TCP_V4);
    assert_eq!(tcp.unwrap().1, STEP * 2);
    assert_eq!(schedule.last().unwrap().1, STEP * 39);
}

#[test]
fn takes_turns_by_family_in_the_order_given() {
    let v4 = ["/ip4/192.0.2.9/tcp/1", "/ip4/192.0.2.8/tcp/1", TCP_V4];
    let v6 = ["/ip6/2001:db8::9/tcp/1", TCP_V6];

    let schedule = schedule(&[v4[0], v4[1], v4[2], v6[0], v6[1]]);

    let order: Vec<_> = schedule.iter().map(|(address, _)| address).collect();
    assert_eq!(order, [v6[0], v4[0], v6[1], v4[1], v4[2]]);
}

#[test]
fn hands_out_nothing_before_it_is_due_unless_asked_to() {
    let mut plan = plan(&[QUIC_V4, TCP_V4]);
    assert!(plan.take_due(NOW).is_some());
    let early = STEP.saturating_sub(Duration::from_nanos(1));

    assert_eq!(plan.take_due(early), None);
    assert_eq!(plan.take_next(early).unwrap().address.to_string(), TCP_V4);
    assert_eq!(plan.next_due(), None);
}

#[test]
fn counts_from_when_dials_began_and_not_from_when_they_might_have() {
    let mut plan = plan(&[QUIC_V6, QUIC_V4, TCP_V4]);
    let early = Duration::from_millis(20);
    plan.take_due(NOW);

    // The first one failed after 20 ms, so the next one began.
    plan.take_next(early);

    assert_eq!(run(&mut plan), expected([(TCP_V4, early + STEP)]));
}

#[test]
fn gives_late_addresses_their_place_behind_what_was_dialed() {
    let mut plan = plan(&[TCP_V4]);
    let late = Duration::from_millis(100);
    plan.take_due(NOW);

    insert(&mut plan, &[TCP_V6, QUIC_V4, QUIC_V6]);
    let before: Vec<_> = std::iter::from_fn(|| plan.take_due(late)).collect();

    assert_eq!(before.len(), 1, "what is better does not wait");
    assert_eq!(before[0].address.to_string(), QUIC_V6);
    assert_eq!(
        run(&mut plan),
        expected([(TCP_V6, STEP), (QUIC_V4, late + STEP)])
    );
}

#[test]
fn lets_late_tcp_wait_for_quic_that_is_in_progress() {
    let mut plan = plan(&[QUIC_V4]);
    plan.take_due(NOW);

    insert(&mut plan, &[TCP_V4]);

    assert_eq!(run(&mut plan), expected([(TCP_V4, STEP)]));
}

#[test]
fn takes_delays_however_long() {
    let mut delays = DialDelays::default();
    delays.public.quic = Duration::MAX;
    let mut plan = DialPlan::new(delays);

    insert(&mut plan, &[QUIC_V4, QUIC_V6, TCP_V4]);

    let dues: Vec<_> = run(&mut plan).into_iter().map(|(_, due)| due).collect();
    assert_eq!(dues, [NOW, Duration::MAX, Duration::MAX]);
}
