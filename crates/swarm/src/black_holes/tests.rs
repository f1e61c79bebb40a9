//! States by results, and how often a blocked path is tried.

use super::*;

const UDP: PathKind = PathKind::Udp;

fn fresh() -> BlackHoles {
    BlackHoles::new(Some(BlackHoleDetection::default()))
}

fn after(silent: usize) -> BlackHoles {
    let mut holes = fresh();
    for _ in 0..silent {
        holes.record(UDP, Evidence::Silent);
    }
    holes
}

fn verdicts(holes: &mut BlackHoles, count: usize) -> Vec<Verdict> {
    (0..count).map(|_| holes.admit(UDP)).collect()
}

#[test]
fn blocks_a_path_when_the_window_is_full_of_failures_and_not_before() {
    let mut holes = after(99);
    assert_eq!(holes.state(UDP), PathState::Probing);
    assert_eq!(holes.admit(UDP), Verdict::Admit);

    let news = holes.record(UDP, Evidence::Silent);

    assert_eq!(news, Some(PathState::Blocked));
    assert_eq!(holes.state(UDP), PathState::Blocked);
    assert_eq!(holes.admit(UDP), Verdict::Hold);
    assert_eq!(holes.successes(UDP), (0, 100));
}

#[test]
fn allows_a_path_over_which_a_few_were_heard() {
    let mut holes = after(95);
    for _ in 0..4 {
        holes.record(UDP, Evidence::Heard);
    }

    let news = holes.record(UDP, Evidence::Heard);

    assert_eq!(news, Some(PathState::Allowed));
    assert_eq!(holes.record(UDP, Evidence::Silent), None);
}

#[test]
fn looks_at_the_latest_results_alone() {
    let mut holes = fresh();
    for _ in 0..100 {
        holes.record(UDP, Evidence::Heard);
    }
    for _ in 0..95 {
        assert_eq!(holes.record(UDP, Evidence::Silent), None);
    }

    assert_eq!(
        holes.record(UDP, Evidence::Silent),
        Some(PathState::Blocked)
    );
}

#[test]
fn tries_a_blocked_path_with_one_attempt_in_twenty() {
    let mut holes = after(100);

    let verdicts = verdicts(&mut holes, 60);

    for (index, verdict) in verdicts.into_iter().enumerate() {
        let expected = match (index + 1) % 20 {
            0 => Verdict::Probe,
            _ => Verdict::Hold,
        };
        assert_eq!(verdict, expected, "attempt {index}");
    }
}

#[test]
fn stays_blocked_while_probes_fail() {
    let mut holes = after(100);

    for _ in 0..200 {
        assert_eq!(holes.record(UDP, Evidence::Silent), None);
    }

    assert_eq!(holes.state(UDP), PathState::Blocked);
}

#[test]
fn opens_a_blocked_path_with_one_success_and_begins_to_count_anew() {
    let mut holes = after(100);

    let news = holes.record(UDP, Evidence::Heard);

    assert_eq!(news, Some(PathState::Probing));
    assert_eq!(verdicts(&mut holes, 3), [Verdict::Admit; 3]);
    assert_eq!(holes.successes(UDP), (1, 1));
}

#[test]
fn keeps_the_kinds_apart() {
    let mut holes = after(100);

    assert_eq!(holes.state(PathKind::Ipv6), PathState::Probing);
    assert_eq!(holes.admit(PathKind::Ipv6), Verdict::Admit);
}

#[test]
fn blocks_nothing_when_it_is_turned_off() {
    let mut holes = BlackHoles::new(None);
    for _ in 0..1000 {
        assert_eq!(holes.record(UDP, Evidence::Silent), None);
    }

    assert_eq!(holes.state(UDP), PathState::Allowed);
    assert_eq!(verdicts(&mut holes, 30), [Verdict::Admit; 30]);
}

#[test]
fn takes_settings_that_make_no_sense() {
    let mut config = BlackHoleDetection::default();
    (config.window, config.probe_every, config.min_successes) = (0, 0, 7);
    let mut holes = BlackHoles::new(Some(config));

    assert_eq!(
        holes.record(UDP, Evidence::Silent),
        Some(PathState::Blocked)
    );
    assert_eq!(holes.admit(UDP), Verdict::Probe);
}

#[test]
fn counts_public_addresses_alone() {
    let kinds = |address: &str| kinds_of(&address.parse().unwrap()).collect::<Vec<_>>();

    assert_eq!(kinds("/ip4/192.0.2.7/udp/1/quic-v1"), [PathKind::Udp]);
    assert_eq!(kinds("/ip6/2001:db8::7/tcp/1"), [PathKind::Ipv6]);
    assert_eq!(
        kinds("/ip6/2001:db8::7/udp/1/quic-v1"),
        [PathKind::Udp, PathKind::Ipv6]
    );
    for nothing in [
        "/ip4/192.0.2.7/tcp/1",
        "/ip4/10.0.0.7/udp/1/quic-v1",
        "/ip4/127.0.0.1/udp/1/quic-v1",
        "/ip6/::1/udp/1/quic-v1",
        "/ip6/fd00::7/udp/1/quic-v1",
        "/memory/7",
    ] {
        assert_eq!(kinds(nothing), [], "{nothing}");
    }
}
