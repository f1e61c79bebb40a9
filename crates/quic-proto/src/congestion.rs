//! How fast to send: our own congestion controller behind quinn-proto's trait.
//!
//! [`Tolerant`] is the controller, on time and bytes alone. Its parts answer one question each: [`MinRtt`] what
//! the path takes without queues, [`LossRate`] whether too much is lost, [`Knee`] whether the losses depend on
//! what is sent, [`growth`] how fast the window grows. `docs/decisions` says what was measured.

mod growth;
mod knee;
mod loss_rate;
mod min_rtt;
mod round;
mod tolerant;

use std::{any::Any, sync::Arc, time::Instant};

use quinn_proto::{
    RttEstimator,
    congestion::{Controller, ControllerFactory, ControllerMetrics},
};

use self::tolerant::Tolerant;

/// Makes a [`Tolerant`] for each path.
#[derive(Debug)]
pub(crate) struct TolerantFactory {
    /// Bytes that may be in flight at first.
    pub(crate) window: u64,
}

impl ControllerFactory for TolerantFactory {
    fn build(self: Arc<Self>, _now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        Box::new(Tolerant::new(current_mtu, self.window))
    }
}

impl Controller for Tolerant {
    fn on_sent(&mut self, now: Instant, bytes: u64, _last_packet_number: u64) {
        self.handle_sent(now, bytes);
    }

    fn on_ack(
        &mut self,
        now: Instant,
        sent: Instant,
        bytes: u64,
        app_limited: bool,
        _rtt: &RttEstimator,
    ) {
        self.handle_acked(now, sent, bytes, app_limited);
    }

    fn on_end_acks(
        &mut self,
        now: Instant,
        in_flight: u64,
        _app_limited: bool,
        _largest_packet_num_acked: Option<u64>,
    ) {
        self.handle_acks_end(now, in_flight);
    }

    fn on_congestion_event(
        &mut self,
        now: Instant,
        sent: Instant,
        is_persistent_congestion: bool,
        lost_bytes: u64,
    ) {
        if lost_bytes == 0 {
            // Routers marked packets.
            self.handle_mark(now, sent);
        } else if is_persistent_congestion {
            self.handle_blackout(now, sent);
        } else {
            self.handle_lost(now, sent, lost_bytes);
        }
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.handle_mtu(new_mtu);
    }

    fn window(&self) -> u64 {
        Self::window(self)
    }

    fn metrics(&self) -> ControllerMetrics {
        let mut metrics = ControllerMetrics::default();
        metrics.congestion_window = Self::window(self);
        metrics.ssthresh = self.slow_start_threshold();
        metrics
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        Self::initial_window(self)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
