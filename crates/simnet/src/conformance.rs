//! What every transport does alike: one suite, written once, run in virtual time against each of them.
//!
//! A transport's tests name a [`Subject`] and call the macros; each check becomes a test of its own:
//!
//! ```text
//! sinew_simnet::conformance!(QuicSubject::new);
//! sinew_simnet::conformance_over_a_network!(QuicSubject::new);
//! ```
//!
//! A difference between two transports is a bug in one of them, or in the words of the port.
//!
//! Checks are functions of a [`Lab`]: two nodes and the transports on them. They panic when they fail.

use std::{sync::Arc, time::Duration};

use sinew_multiaddr::Address;
use sinew_testkit::Seed;
use sinew_transport::Transport;

use crate::{Link, Node, World};

pub mod abandoning;
pub mod closing;
pub mod dialing;
pub mod ending;
pub mod flow;
mod gate;
mod lab;
pub mod opening;
pub mod over_a_network;

pub use lab::Lab;

/// A transport under test: how to make it, and what it promises.
pub trait Subject {
    /// Makes the transport of a node, with the node's identity ([`Node::keypair`]).
    fn transport(&self, node: &Node) -> Arc<dyn Transport>;

    /// Makes a transport whose peers may have `streams` open, where that can be set.
    fn transport_allowing(&self, _node: &Node, _streams: u32) -> Option<Arc<dyn Transport>> {
        None
    }

    /// Returns an address to listen at, with a free port to be picked.
    fn listen_on(&self, node: &Node) -> Address;

    /// Returns an address of another kind, which the transport cannot dial.
    fn foreign_address(&self) -> Address;

    /// Returns how many streams each side may have open at most.
    fn max_streams(&self) -> usize;

    /// Returns how many bytes a writer can get rid of on one stream while nobody reads, at most.
    fn max_unread_bytes(&self) -> usize;

    /// Returns within what time everything about a peer that fell silent is over.
    fn patience(&self) -> Duration;

    /// Returns what the wire protocol has words for: all of it, unless the subject says otherwise.
    fn wire(&self) -> Wire {
        Wire::FULL
    }
}

/// What the wire protocol of a transport can tell the peer.
///
/// Where it has no word, the words of the port say what happens instead, and the checks assert that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Either side can refuse or break off one direction of a stream, and leave the other as it is.
    pub ends_halves_apart: bool,
    /// A close carries a text besides its code.
    pub closes_with_text: bool,
    /// Each side knows how many streams the other allows.
    pub announces_limits: bool,
}

impl Wire {
    /// A word for everything, as in QUIC.
    pub const FULL: Self = Self {
        ends_halves_apart: true,
        closes_with_text: true,
        announces_limits: true,
    };

    /// Yamux: a reset ends both directions, nothing refuses one, a close is a number, and a stream too many is
    /// opened and reset.
    pub const YAMUX: Self = Self {
        ends_halves_apart: false,
        closes_with_text: false,
        announces_limits: false,
    };
}

/// Runs one check. What a test that [`conformance!`](crate::conformance!) makes does.
///
/// # Panics
///
/// The check fails.
pub fn run<S: Subject + 'static>(subject: impl FnOnce(&World) -> S, check: impl AsyncFnOnce(&Lab)) {
    let world = World::new(Seed::new(1));
    world.set_default_link(Link {
        delay: Duration::from_millis(10),
        bandwidth: Some(1_000_000_000),
        queue_bytes: 4 << 20,
        ..Link::default()
    });
    let subject = Box::new(subject(&world));
    let lab = Lab::new(world, subject);
    lab.world().block_on(check(&lab));
}

/// Makes a test of each check that every transport passes. Takes a function from a
/// [`World`](crate::World) to a [`Subject`](crate::conformance::Subject).
#[macro_export]
macro_rules! conformance {
    ($subject:expr) => {
        $crate::conformance_tests! { $subject;
            opening {
                a_stream_reaches_the_peer_with_its_first_bytes
                a_stream_that_was_never_used_leaves_nothing_behind
                a_stream_that_ends_without_bytes_is_heard_of
                a_stream_that_is_reset_without_bytes_is_never_an_end
                both_sides_open_streams_at_once
                streams_are_accepted_in_the_order_in_which_they_were_opened
                streams_have_numbers_of_their_own
                an_acceptor_gets_the_streams_that_waited_and_those_that_come
                a_stream_that_an_acceptor_drops_is_reset
                no_more_streams_are_open_than_the_limit_allows
                whoever_waits_for_a_stream_gets_one_when_another_ends
                streams_that_are_over_make_room_as_soon_as_they_are_dropped
                a_peer_that_allows_less_is_never_made_to_take_more
                many_streams_echo_in_parallel
            }
            ending {
                a_finished_side_reads_as_an_end_while_the_other_goes_on
                the_side_that_accepted_can_finish_first
                finishing_twice_is_finishing_once
                what_was_finished_takes_no_more_bytes
                finished_means_that_the_peer_has_everything
                a_reset_carries_its_code_to_whoever_accepted
                a_reset_carries_its_code_to_whoever_opened
                a_reset_overtakes_what_was_not_read
                a_reset_wakes_a_waiting_reader_and_a_waiting_writer
                what_was_reset_takes_no_more_bytes
                a_reset_after_the_acknowledged_end_changes_nothing
                a_stop_carries_its_code_to_the_writer
                a_stop_wakes_a_waiting_writer
                a_stop_ends_reading_here_and_not_writing
                a_stop_after_the_end_was_read_changes_nothing
                a_stopped_stream_is_not_finished
                dropping_an_unfinished_stream_resets_it
                dropping_a_finished_stream_delivers_all_of_it
                dropping_what_was_not_read_stops_the_writer
                dropping_what_was_read_to_the_end_stops_nobody
                a_reset_of_one_half_is_heard_by_the_reader
                dropping_the_writing_half_resets_it
                dropping_the_reading_half_stops_the_writer
            }
            flow {
                a_writer_waits_for_the_reader_and_memory_stays_bounded
                a_stream_that_nobody_reads_holds_up_no_other
                a_large_transfer_arrives_intact
                transfers_in_both_directions_of_one_stream_arrive_intact
                streams_that_were_abandoned_in_any_state_give_their_credit_back
                bytes_that_were_never_read_give_their_credit_back
            }
            closing {
                a_close_ends_every_wait_on_this_side
                a_close_ends_every_wait_on_the_other_side
                a_close_carries_its_code_and_its_text
                a_second_close_changes_nothing
                the_last_event_is_the_close
                a_shutdown_closes_connections_and_listeners
                a_transport_that_is_shut_down_does_nothing_more
                what_was_acknowledged_before_the_peer_closed_can_still_be_read
                what_was_acknowledged_stays_so_when_the_connection_ends
                a_connection_outlives_its_handles
                a_closed_connection_leaves_nothing_behind
            }
            dialing {
                both_sides_know_who_the_other_is
                both_sides_are_confirmed
                another_peer_than_the_dialed_one_is_named
                any_peer_will_do_when_none_is_named
                an_address_of_another_kind_is_unsupported
                a_dial_to_nobody_fails
                two_that_dial_each_other_at_the_same_moment_both_succeed
                a_gate_that_refuses_fails_the_dial
                a_permit_lives_as_long_as_its_connection
                a_failed_handshake_gives_its_permit_back
                a_dropped_listener_accepts_no_more_and_its_connections_go_on
                connections_that_nobody_accepts_are_closed_with_the_listener
            }
            abandoning {
                a_dial_given_up_at_any_poll_leaves_nothing_behind
                a_dial_given_up_at_any_time_leaves_nothing_behind
                an_open_given_up_at_any_poll_leaves_nothing_behind
                an_open_that_waits_for_the_limit_can_be_given_up
                an_accept_given_up_at_any_poll_loses_no_stream
                a_read_given_up_at_any_poll_loses_no_byte
                a_write_given_up_at_any_poll_sends_what_it_took
                a_wait_for_the_end_given_up_at_any_poll_can_be_made_again
                a_wait_for_the_close_given_up_at_any_poll_can_be_made_again
                a_listen_given_up_at_any_poll_leaves_nothing_behind
                a_shutdown_given_up_at_any_poll_can_be_made_again
            }
        }
    };
}

/// Makes a test of each check that a transport passes whose bytes cross the virtual network, so that they can
/// be lost.
#[macro_export]
macro_rules! conformance_over_a_network {
    ($subject:expr) => {
        $crate::conformance_tests! { $subject;
            over_a_network {
                a_transfer_over_a_bad_network_arrives_intact
                streams_over_a_bad_network_arrive_intact
                finished_takes_a_round_trip
                a_peer_that_falls_silent_times_out
                a_peer_that_restarted_is_told_apart_from_one_that_is_silent
                a_dial_into_silence_says_that_nothing_was_heard
                a_dial_in_progress_ends_with_its_transport
                a_handshake_that_stalls_ends_and_gives_its_permit_back
                a_partition_shorter_than_patience_is_survived
                a_reset_is_not_lost_with_a_packet
                a_close_is_noticed_although_its_packets_are_lost
                an_idle_connection_stays_for_hours
                a_crashed_node_leaves_no_task
            }
        }
    };
}

/// What the other two macros have in common.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($subject:expr; $($module:ident { $($check:ident)+ })+) => {
        $(mod $module {
            #[allow(unused_imports, reason = "the subject may name a path of its own")]
            use super::*;

            $(#[test]
            fn $check() {
                $crate::conformance::run($subject, $crate::conformance::$module::$check);
            })+
        })+
    };
}
