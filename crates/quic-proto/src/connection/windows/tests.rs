//! Windows grow where they hold back, and as far as there is room.

use std::time::Duration;

use quinn_proto::VarInt;
use sinew_sans_io::BufferBudget;
use sinew_testkit::epoch;

use super::Windows;
use crate::{Config, connection::reassembly::PIECE_COST};

const MS: Duration = Duration::from_millis(1);
const BASE: u64 = BufferBudget::BASE;

#[test]
fn the_window_of_a_fast_reader_doubles_up_to_its_maximum() {
    let mut now = epoch();
    let mut windows = Windows::new(now, &Config::default());
    let mut sizes = vec![];
    for _ in 0..400 {
        now += MS;
        sizes.extend(windows.on_read(now, BASE / 4, 50 * MS));
    }
    let doubled = [512, 1024, 2048, 4096, 8192, 16384].map(|kib| VarInt::from_u32(kib << 10));
    assert_eq!(sizes, doubled);
}

#[test]
fn the_window_of_a_slow_reader_stays_as_it_is_unless_its_peer_waits() {
    let mut now = epoch();
    let mut windows = Windows::new(now, &Config::default());
    for _ in 0..400 {
        now += 100 * MS;
        assert_eq!(windows.on_read(now, BASE / 4, 50 * MS), None);
    }
    let full = |kib: u32| Some(VarInt::from_u32(kib << 10));
    assert_eq!(windows.on_blocked(1, BASE), full(512));
    assert_eq!(windows.on_blocked(1, 4 * BASE), None, "that was heard");
    assert_eq!(windows.on_blocked(3, 4 * BASE), full(1024));
}

#[test]
fn a_peer_that_has_not_sent_a_windowful_does_not_wait_for_the_window() {
    let mut windows = Windows::new(epoch(), &Config::default());

    assert_eq!(windows.on_blocked(1000, BASE - 1), None);
    assert!(windows.on_blocked(1000, BASE).is_some(), "{windows:?}");
    assert_eq!(windows.on_blocked(1001, 2 * BASE - 1), None);
    assert!(windows.on_blocked(1001, 2 * BASE).is_some(), "{windows:?}");
    assert_eq!(windows.on_blocked(1002, 4 * BASE - 1), None);
}

#[test]
fn beyond_gaps_there_is_room_for_as_much_as_the_window_and_as_the_host_has() {
    let buffers = BufferBudget::new(u64::MAX, u64::MAX);
    let config = Config {
        buffers: buffers.clone(),
        ..Config::default()
    };
    let mut windows = Windows::new(epoch(), &config);
    assert_eq!(windows.room_beyond_gaps(PIECE_COST), 0);
    assert_eq!(windows.room_beyond_gaps(PIECE_COST + 7), 7);
    let mut held = 0;
    while windows.room_beyond_gaps(u64::MAX) >= 1000 {
        windows.on_early(1000 + PIECE_COST);
        held += 1000 + PIECE_COST;
    }
    windows.settle_gaps();
    assert!((BASE - 2 * 1128..=BASE).contains(&held), "{held}");
    assert!(buffers.taken().abs_diff(held) < 128 << 10);

    windows.on_filled(held);
    windows.settle_gaps();
    assert_eq!(buffers.taken(), 0);

    let none = Config {
        buffers: BufferBudget::new(0, u64::MAX),
        ..Config::default()
    };
    let mut windows = Windows::new(epoch(), &none);
    assert_eq!(windows.room_beyond_gaps(u64::MAX), 0);
}

#[test]
fn windows_grow_as_far_as_the_host_has_room_and_give_it_back() {
    let buffers = BufferBudget::new(5 * BASE, u64::MAX);
    let config = Config {
        buffers: buffers.clone(),
        ..Config::default()
    };
    let mut one = Windows::new(epoch(), &config);
    let mut other = Windows::new(epoch(), &config);

    assert!(one.on_blocked(1, BASE).is_some());
    assert_eq!(other.on_blocked(1, BASE), None);
    assert_eq!(other.grow_send(), None);
    assert_eq!(buffers.taken(), BASE);
    drop(one);
    assert_eq!(buffers.taken(), 0);
    assert_eq!(other.grow_send(), Some(2 * BASE));
    assert_eq!(other.grow_send(), None);
}

#[test]
fn a_window_that_is_smaller_than_the_base_stays_so() {
    let config = Config {
        receive_window: 1000,
        send_window: 2000,
        ..Config::default()
    };
    let mut windows = Windows::new(epoch(), &config);
    assert!(!windows.can_grow());
    assert_eq!(windows.on_blocked(1, BASE), None);
    assert_eq!(windows.grow_send(), None);
}

#[test]
fn what_is_kept_follows_the_congestion_window_towards_peers_of_our_kind_alone() {
    let config = Config::default();
    let mut windows = Windows::new(epoch(), &config);
    let growing = |windows: &mut Windows| while windows.grow_send().is_some() {};

    windows.follow(3 << 20);
    growing(&mut windows);
    assert_eq!(windows.send, 2 << 20);

    windows.widen(&config);
    windows.follow(3 << 20);
    growing(&mut windows);
    assert_eq!(windows.send, 6 << 20);

    windows.follow(1 << 30);
    growing(&mut windows);
    assert_eq!(windows.send, 16 << 20);
}
