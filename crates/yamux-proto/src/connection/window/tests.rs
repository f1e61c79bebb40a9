//! When credit goes back, and when there is more of it.

use super::*;
use sinew_testkit::epoch;

const MS: Duration = Duration::from_millis(1);

fn growth() -> Growth {
    Growth::new(&Config {
        window_growth: 1 << 20,
        max_stream_window: 1 << 20,
        ..Config::default()
    })
}

/// Measured a moment ago.
fn rtt(now: Instant) -> Rtt {
    Rtt {
        least: 10 * MS,
        measured_at: now + MS,
    }
}

/// Receives and reads half of the window, and returns the credit that goes back after `elapsed`.
fn half(window: &mut Window, now: Instant, growth: &mut Growth) -> u32 {
    let len = window.size() / 2;
    assert!(window.on_data(len));
    window.on_read(len as usize);
    window.grant(now, Some(rtt(now)), growth)
}

#[test]
fn credit_is_due_when_half_was_read_and_not_before() {
    let mut window = Window::new(epoch());
    assert!(window.on_data(INITIAL_WINDOW));
    assert!(!window.is_update_due(), "nothing was read");

    window.on_read((128 << 10) - 1);
    assert!(!window.is_update_due());
    window.on_read(1);
    assert!(window.is_update_due());

    let credit = window.grant(epoch() + 100 * MS, None, &mut growth());
    assert_eq!((credit, window.left()), (128 << 10, 128 << 10));
}

#[test]
fn more_than_the_window_is_refused_and_not_taken() {
    let mut window = Window::new(epoch());

    assert!(!window.on_data(INITIAL_WINDOW + 1));
    assert!(window.on_data(INITIAL_WINDOW));
    assert!(!window.on_data(1));
    assert!(window.on_data(0));
}

#[test]
fn a_window_that_holds_the_peer_back_doubles_up_to_its_maximum() {
    let (mut window, mut growth) = (Window::new(epoch()), growth());
    let mut now = epoch();
    let mut sizes = Vec::new();

    for _ in 0..4 {
        now += 19 * MS;
        half(&mut window, now, &mut growth);
        sizes.push(window.size() >> 10);
        assert_eq!(window.left(), window.size());
    }

    assert_eq!(sizes, [512, 1024, 1024, 1024]);
    assert_eq!(growth.budget, 256 << 10);
    window.release(&mut growth);
    assert_eq!(growth.budget, 1 << 20);
}

#[test]
fn a_window_does_not_grow_for_a_slow_reader_or_an_unknown_path() {
    let (mut window, mut growth) = (Window::new(epoch()), growth());

    assert_eq!(half(&mut window, epoch() + 20 * MS, &mut growth), 128 << 10);
    window.on_data(128 << 10);
    window.on_read(128 << 10);
    let credit = window.grant(epoch() + 21 * MS, None, &mut growth);

    assert_eq!((credit, window.size()), (128 << 10, INITIAL_WINDOW));
}

#[test]
fn a_window_that_has_grown_waits_for_another_measurement() {
    let (mut window, mut growth) = (Window::new(epoch()), growth());
    let first = Some(rtt(epoch()));
    let mut half = |rtt, expected: u32| {
        let len = window.size() / 2;
        window.on_data(len);
        window.on_read(len as usize);
        window.grant(epoch() + 2 * MS, rtt, &mut growth);
        assert_eq!(window.size() >> 10, expected);
    };

    half(first, 512);
    half(first, 512);
    half(Some(rtt(epoch() + 5 * MS)), 1024);
}

#[test]
fn the_budget_of_the_connection_vetoes_growth() {
    let mut growth = growth();
    growth.budget = 300 << 10;
    let (mut first, mut second) = (Window::new(epoch()), Window::new(epoch()));

    half(&mut first, epoch(), &mut growth);
    half(&mut second, epoch(), &mut growth);
    half(&mut second, epoch(), &mut growth);

    assert_eq!(
        (first.size(), second.size(), growth.budget),
        (512 << 10, 300 << 10, 0)
    );
}
