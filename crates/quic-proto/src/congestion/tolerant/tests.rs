//! The controller fed by hand: a path that is told what happens to the packets.

use sinew_testkit::epoch;

use super::*;

const MTU: u16 = 1200;
const PACKET: u64 = 1200;
/// Bytes of a packet that holds an acknowledgement and nothing else.
const ACK_ONLY: u64 = 40;
const INITIAL_WINDOW: u64 = 12_000;
const RTT: Duration = Duration::from_millis(50);

/// A sender that keeps the window full, and a path with a round trip as told.
struct Path {
    controller: Tolerant,
    now: Instant,
    /// Packets sent in all.
    packets: u64,
}

/// What becomes of a round of packets.
#[derive(Clone, Copy)]
struct Fate {
    rtt: Duration,
    /// Every so manieth packet is lost; 0 for none.
    lost_of: u64,
}

const FINE: Fate = Fate {
    rtt: RTT,
    lost_of: 0,
};

impl Path {
    fn new() -> Self {
        Self {
            controller: Tolerant::new(MTU, INITIAL_WINDOW),
            now: epoch(),
            packets: 0,
        }
    }

    /// A path on which the window is this large, in congestion avoidance.
    fn with_window(packets: u64) -> Self {
        let mut path = Self::new();
        path.round(FINE);
        path.controller.window = (packets * PACKET) as f64;
        path.controller.threshold = path.controller.window;
        path.controller.last_max = path.controller.window;
        path
    }

    /// Sends a window, and learns of every packet in turn.
    fn round(&mut self, fate: Fate) {
        let sent = self.now;
        let packets = self.controller.window() / PACKET;
        self.controller.handle_sent(sent, packets * PACKET);
        self.now += fate.rtt;
        let mut in_flight = packets * PACKET;
        for _ in 0..packets {
            self.packets += 1;
            in_flight -= PACKET;
            if fate.lost_of > 0 && self.packets.is_multiple_of(fate.lost_of) {
                self.controller.handle_lost(self.now, sent, PACKET);
            } else {
                self.controller.handle_acked(self.now, sent, PACKET, false);
                self.controller.handle_acks_end(self.now, in_flight);
            }
        }
        self.now += Duration::from_micros(1);
    }

    fn rounds(&mut self, count: u32, fate: Fate) {
        for _ in 0..count {
            self.round(fate);
        }
    }

    fn window(&self) -> u64 {
        self.controller.window()
    }
}

#[test]
fn doubles_in_slow_start() {
    let mut path = Path::new();

    path.rounds(3, FINE);

    assert_eq!(path.window(), INITIAL_WINDOW * 8);
}

#[test]
fn a_loss_without_a_queue_leaves_the_window_and_slow_start_alone() {
    let mut path = Path::new();

    path.rounds(
        6,
        Fate {
            rtt: RTT,
            lost_of: 100,
        },
    );

    assert!(path.window() > INITIAL_WINDOW * 60);
    assert_eq!(path.controller.slow_start_threshold(), None);
}

#[test]
fn a_loss_with_a_queue_cuts_to_what_the_path_holds() {
    let mut path = Path::with_window(1000);
    let rtt = RTT * 5 / 3;
    path.round(Fate { rtt, lost_of: 0 });
    let before = path.window();

    let sent = path.now;
    path.controller.handle_lost(sent + rtt, sent, PACKET);

    let share = path.window() as f64 / before as f64;
    assert!((0.59..0.61).contains(&share), "{share}");
}

#[test]
fn a_cut_never_leaves_less_than_a_half_or_more_than_cubic() {
    for (rtt, expected) in [(RTT * 10, 0.5), (RTT * 6 / 5, 0.7)] {
        let mut path = Path::with_window(1000);
        path.round(Fate { rtt, lost_of: 0 });
        let before = path.window();

        let sent = path.now;
        path.controller.handle_lost(sent + rtt, sent, PACKET);

        let share = path.window() as f64 / before as f64;
        assert!((share - expected).abs() < 0.001, "{share}");
    }
}

#[test]
fn losses_of_packets_sent_before_a_cut_cut_no_further() {
    let mut path = Path::with_window(1000);
    let rtt = RTT * 2;
    path.round(Fate { rtt, lost_of: 0 });
    let sent = path.now;
    path.controller.handle_lost(sent + rtt, sent, PACKET);
    let window = path.window();

    for _ in 0..100 {
        path.controller.handle_lost(sent + rtt, sent, PACKET);
    }

    assert_eq!(path.window(), window);
}

#[test]
fn a_tenth_lost_is_congestion_without_a_queue_too() {
    let mut path = Path::with_window(1000);

    path.rounds(
        100,
        Fate {
            rtt: RTT,
            lost_of: 10,
        },
    );

    assert!(path.window() < 100 * PACKET, "{}", path.window());
}

#[test]
fn a_mark_of_a_router_is_congestion() {
    let mut path = Path::with_window(1000);
    let before = path.window();

    path.controller.handle_mark(path.now + RTT, path.now);

    assert_eq!(path.window(), (before as f64 * CUBIC_LEFT) as u64);
}

#[test]
fn a_blackout_leaves_two_packets_and_slow_start() {
    let mut path = Path::with_window(1000);

    path.controller.handle_blackout(path.now + RTT, path.now);

    assert_eq!(path.window(), 2 * PACKET);
    assert!(path.controller.slow_start_threshold() > Some(500 * PACKET));
}

#[test]
fn a_queue_that_stands_ends_slow_start_without_a_loss() {
    let mut path = Path::new();
    path.rounds(4, FINE);

    path.rounds(
        8,
        Fate {
            rtt: RTT * 3 / 2,
            lost_of: 0,
        },
    );

    assert!(path.controller.slow_start_threshold().is_some());
    assert!(path.window() < INITIAL_WINDOW * 64);
}

#[test]
fn a_single_round_with_a_queue_does_not_end_slow_start() {
    let mut path = Path::new();
    path.rounds(4, FINE);

    path.round(Fate {
        rtt: RTT * 3 / 2,
        lost_of: 0,
    });
    path.rounds(2, FINE);

    assert_eq!(path.controller.slow_start_threshold(), None);
}

#[test]
fn a_window_that_is_not_used_does_not_grow() {
    let mut path = Path::new();

    for _ in 0..100 {
        path.controller.handle_sent(path.now, PACKET);
        let sent = path.now;
        path.now += RTT;
        path.controller.handle_acked(path.now, sent, PACKET, false);
        path.controller.handle_acks_end(path.now, 0);
        path.now += Duration::from_micros(1);
    }

    assert_eq!(path.window(), INITIAL_WINDOW);
}

#[test]
fn a_sender_with_nothing_more_to_send_does_not_grow() {
    let mut path = Path::new();
    path.controller.handle_sent(path.now, 12_000);

    for _ in 0..10 {
        path.controller
            .handle_acked(path.now + RTT, path.now, PACKET, true);
        path.controller
            .handle_acks_end(path.now + RTT, INITIAL_WINDOW);
    }

    assert_eq!(path.window(), INITIAL_WINDOW);
}

#[test]
fn silence_halves_the_window_by_the_second_and_slow_start_leads_back() {
    let mut path = Path::with_window(1000);
    path.round(FINE);
    let before = path.window();

    path.now += SILENCE * 2;
    path.controller.handle_sent(path.now, PACKET);

    assert!(path.window() <= before / 4, "{}", path.window());
    assert!(path.controller.slow_start_threshold() >= Some(before * 3 / 4));
}

#[test]
fn the_longest_silence_leaves_the_first_window() {
    let mut path = Path::with_window(1000);
    path.round(FINE);

    path.now += Duration::from_secs(1 << 30);
    path.controller.handle_sent(path.now, PACKET);

    assert_eq!(path.window(), INITIAL_WINDOW);
}

#[test]
fn silence_is_noticed_while_only_acknowledgements_are_sent() {
    let mut path = Path::with_window(1000);
    path.round(FINE);
    let before = path.window();

    for _ in 0..400 {
        path.now += SILENCE / 100;
        path.controller.handle_sent(path.now, ACK_ONLY);
        // The other side acknowledges nothing new.
        path.controller.handle_acks_end(path.now, 0);
    }

    assert!(path.window() <= before / 16, "{}", path.window());
}

#[test]
fn a_long_round_trip_is_no_silence() {
    let mut path = Path::with_window(1000);
    path.round(FINE);
    let before = path.window();

    path.controller.handle_sent(path.now, PACKET);
    path.controller
        .handle_sent(path.now + SILENCE * 5 / 2, ACK_ONLY);

    assert_eq!(path.window(), before);
}

#[test]
fn acknowledgements_that_were_sent_are_not_use_of_the_window() {
    let mut path = Path::new();

    for _ in 0..100 {
        for _ in 0..1000 {
            path.controller.handle_sent(path.now, ACK_ONLY);
        }
        path.controller.handle_sent(path.now, PACKET);
        let sent = path.now;
        path.now += RTT;
        path.controller.handle_acked(path.now, sent, PACKET, false);
        path.controller.handle_acks_end(path.now, 0);
        path.now += Duration::from_micros(1);
    }

    assert_eq!(path.window(), INITIAL_WINDOW);
}

#[test]
fn silence_forgets_the_queue_that_stood_before() {
    let mut path = Path::new();
    path.rounds(4, FINE);
    let full = Fate {
        rtt: RTT * 2,
        lost_of: 0,
    };
    path.rounds(CAREFUL_ROUNDS - 1, full);

    path.now += SILENCE * 2;
    path.controller.handle_sent(path.now, PACKET);

    assert_eq!(path.controller.rounds_with_queue, 0);
    assert_eq!(path.controller.recent_rtts.smallest(), Duration::ZERO);
    assert_eq!(path.controller.round.samples, 0);
    // A loss is not blamed on the queue.
    let window = path.window();
    let sent = path.now;
    path.controller.handle_lost(sent + RTT, sent, PACKET);
    assert_eq!(path.window(), window);
}

#[test]
fn a_blackout_that_goes_on_leaves_the_threshold_alone() {
    let mut path = Path::with_window(1000);
    let sent = path.now;
    path.controller.handle_blackout(sent + 10 * RTT, sent);

    for later in [1, 2, 11, 20] {
        path.controller
            .handle_blackout(sent + 40 * RTT, sent + later * RTT);
    }

    assert_eq!(path.window(), 2 * PACKET);
    assert!(path.controller.slow_start_threshold() > Some(500 * PACKET));
}

#[test]
fn losses_of_packets_sent_before_a_cut_do_not_lower_the_threshold_in_a_blackout() {
    let mut path = Path::with_window(1000);
    let sent = path.now;
    path.controller.handle_mark(sent + RTT, sent);
    let threshold = path.controller.slow_start_threshold();

    path.controller.handle_blackout(sent + 10 * RTT, sent);

    assert_eq!(path.controller.slow_start_threshold(), threshold);
}

#[test]
fn a_blackout_forgets_what_the_path_took_before() {
    let mut path = Path::with_window(1000);
    path.round(FINE);
    path.controller.handle_blackout(path.now + RTT, path.now);

    // The path is longer than before, and has no queue.
    let longer = Fate {
        rtt: RTT * 3,
        lost_of: 0,
    };
    path.now += 2 * RTT;
    path.rounds(6, longer);

    assert_eq!(path.controller.min_rtt.get(), RTT * 3);
    assert_eq!(path.window(), 2 * 64 * PACKET);
}

#[test]
fn a_knee_of_long_ago_that_is_refuted_does_not_make_the_window_jump() {
    let mut path = Path::with_window(1000);
    path.controller.knee = Some(Knee::new(path.controller.window));
    let full = Fate {
        rtt: RTT * 2,
        lost_of: 150,
    };
    while path.window() > 100 * PACKET {
        path.round(full);
    }
    assert!(path.controller.knee.is_some());

    let mut most = 0.0_f64;
    while path.controller.knee.is_some() {
        let before = path.window();
        path.round(Fate {
            rtt: RTT,
            lost_of: 60,
        });
        most = most.max(path.window() as f64 / before as f64);
    }

    assert!(most < 1.5, "{most}");
    assert!(path.controller.slow_start_threshold() < Some(200 * PACKET));
}

#[test]
fn every_window_holds_two_packets() {
    let mut path = Path::new();

    path.controller.handle_blackout(path.now, path.now);
    path.controller.handle_mtu(9000);

    assert_eq!(path.window(), 18_000);
}

#[test]
fn losses_that_stop_when_less_is_sent_become_congestion() {
    let mut path = Path::with_window(200);

    // A router that drops what is above 200 packets a round trip, without a queue.
    let mut most_late = 0;
    for round in 0..4000 {
        let window = path.window() / PACKET;
        let lost_of = window.checked_div(window.saturating_sub(200));
        path.round(Fate {
            rtt: RTT,
            lost_of: lost_of.unwrap_or_default(),
        });
        if round > 2000 {
            most_late = most_late.max(path.window());
        }
    }

    assert!(most_late < 203 * PACKET, "{}", most_late / PACKET);
}

#[test]
fn losses_that_go_on_when_less_is_sent_stay_chance() {
    let mut path = Path::with_window(200);

    path.rounds(
        1000,
        Fate {
            rtt: RTT,
            lost_of: 100,
        },
    );

    assert!(path.window() > 1000 * PACKET, "{}", path.window());
}

#[test]
fn acknowledgements_of_which_some_come_late_show_no_queue() {
    let mut path = Path::with_window(1000);
    path.round(FINE);
    let before = path.window();

    let sent = path.now;
    for delay in [0, 25, 25, 25] {
        path.now = sent + RTT + Duration::from_millis(delay);
        path.controller.handle_acked(path.now, sent, PACKET, true);
        path.controller.handle_acks_end(path.now, before);
    }
    path.controller.handle_lost(path.now, sent, PACKET);

    assert_eq!(path.window(), before);
}

#[test]
fn a_delay_of_all_acknowledgements_is_the_paths() {
    let mut path = Path::new();
    let late = Fate {
        rtt: RTT + Duration::from_millis(25),
        lost_of: 100,
    };

    path.rounds(8, late);

    assert!(path.window() > INITIAL_WINDOW * 100);
}

#[test]
fn a_receiver_that_begins_to_delay_all_acknowledgements_slows_itself_for_a_minute() {
    let mut path = Path::with_window(500);
    path.rounds(4, FINE);
    let late = Fate {
        rtt: RTT + Duration::from_millis(25),
        lost_of: 100,
    };

    let start = path.now;
    while path.now < start + Duration::from_mins(1) {
        path.round(late);
    }
    let after_a_minute = path.window();
    path.rounds(100, late);

    assert!(after_a_minute < 50 * PACKET, "{}", after_a_minute / PACKET);
    assert!(path.window() > 2 * after_a_minute);
}

#[test]
fn a_receiver_that_hides_the_queue_gets_little_more_than_the_path_holds() {
    let (holds, drops_from) = (1000, 1500);
    let mut path = Path::with_window(holds);

    let mut most = 0;
    for round in 0..4000 {
        let window = path.window() / PACKET;
        // Whatever waits in the queue, it holds acknowledgements back until they look as late as when it is full.
        let lost_of = window.checked_div(window.saturating_sub(drops_from));
        path.round(Fate {
            rtt: RTT * 3 / 2,
            lost_of: lost_of.unwrap_or_default(),
        });
        if round > 2000 {
            most = most.max(path.window() / PACKET);
        }
    }

    assert!(most < drops_from * 103 / 100, "{most}");
}
