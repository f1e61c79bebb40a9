//! What windows that are safe cost, beside large ones.

use sinew::HostBuilder;
use sinew_simnet::Node;

use super::{Report, lab::with_quic};

/// How the windows of both sides are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Windows {
    /// As large as is safe: the default ones.
    Safe,
    /// Larger than anything that a scenario can use of them.
    Large,
}

impl Windows {
    /// Makes a builder for hosts with these windows over QUIC, and the default ones over TCP.
    pub(super) fn host(self, node: &Node) -> HostBuilder {
        with_quic(node, |config| self.set(config))
    }

    fn set(self, config: &mut sinew_quic_proto::Config) {
        if self == Self::Large {
            config.dangerous_windows = true;
            config.stream_receive_window = LARGE_BYTES;
            config.receive_window = LARGE_BYTES;
            config.send_window = LARGE_BYTES;
            config.max_send_window = LARGE_BYTES;
        }
    }
}

/// Tells by how much less comes of something with safe windows than with large ones, in per cent; `None` if large
/// windows end the connection.
///
/// What costs more than is demanded is noted as such.
pub(super) fn price(report: &mut Report, what: &str, safe: f64, large: Option<f64>) -> String {
    let Some(large) = large else {
        return "dead with large ones".to_owned();
    };
    let price = 1.0 - safe / large;
    demand(report, what, price);
    cell(price)
}

/// What several draws of losses cost, of which the mean is to be no more than is demanded: a single one moves a figure
/// by up to a tenth, to either side.
#[derive(Debug, Default)]
pub(super) struct Prices(Vec<f64>);

impl Prices {
    /// Tells one, as [`price`] does.
    pub(super) fn add(&mut self, safe: f64, large: Option<f64>) -> String {
        let Some(large) = large else {
            return "dead with large ones".to_owned();
        };
        let price = 1.0 - safe / large;
        self.0.push(price);
        cell(price)
    }

    /// Notes it when the mean is more than is demanded.
    pub(super) fn demand(self, report: &mut Report, what: &str) {
        let count = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        if count > 0 {
            demand(report, what, self.0.iter().sum::<f64>() / f64::from(count));
        }
    }
}

fn demand(report: &mut Report, what: &str, price: f64) {
    if price > MOST {
        let percent = price * 100.0;
        report.miss(format!("safe windows cost {percent:.1} % {what}"));
    }
}

/// Without a sign where it is nothing.
fn cell(price: f64) -> String {
    let permille = (price * 1000.0).round() + 0.0;
    format!("{:.1} %", permille / 10.0)
}

/// Tells the same of one stream on a path that holds more than its window: that is the price of the window itself,
/// which is told and not demanded. Eight streams have eight.
pub(super) fn price_of_window(safe: f64, large: Option<f64>) -> String {
    let price = large.map(|large| (1.0 - safe / large) * 100.0);
    price.map_or_else(
        || "dead with large ones".to_owned(),
        |price| format!("{price:.1} %, of the window"),
    )
}

/// What safe windows may cost.
const MOST: f64 = 0.05;

const LARGE_BYTES: u32 = 24 << 20;
