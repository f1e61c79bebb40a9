//! How fast a connection is: the libp2p perf protocol, both sides.
//!
//! Layer 4: it knows streams ([`sinew_transport`]) and a clock ([`sinew_runtime`]), and neither the swarm nor any
//! transport.
//!
//! # The mental model
//!
//! On a stream for [`PROTOCOL`] the client says in eight bytes how many it wants back, uploads as many as it
//! likes, and ends its side; then, and not before, the server sends what was asked for, and ends its own. So one
//! stream measures an upload, then a download, or one of the two.
//!
//! A [`Run`] is such a measurement, over one stream or several of one connection at once: so many bytes
//! ([`Amount::Bytes`]), or as many as fit into a time ([`Amount::For`]). While it runs its [`Progress`] can be
//! read; at the end there is a [`Report`]. A [`Responder`] serves the streams of all peers.
//!
//! ```
//! use std::time::Duration;
//!
//! use sinew_perf::{Amount, Plan, Run, RunError};
//! use sinew_runtime::Runtime;
//! use sinew_transport::Stream;
//!
//! /// Uploads 64 MiB and then downloads for five seconds; returns both rates, in bytes per second.
//! ///
//! /// The streams were opened for `sinew_perf::PROTOCOL`.
//! async fn rates(runtime: &Runtime, streams: Vec<Stream>) -> Result<[f64; 2], RunError> {
//!     let mut plan = Plan::default();
//!     plan.upload = Amount::Bytes(64 << 20);
//!     plan.download = Amount::For(Duration::from_secs(5));
//!     let report = Run::new(runtime, plan).over(streams).await?;
//!     Ok([
//!         report.uploaded_bytes as f64 / report.upload_time.as_secs_f64(),
//!         report.downloaded_bytes as f64 / report.download_time.as_secs_f64(),
//!     ])
//! }
//! ```
//!
//! # Limits and non-goals
//!
//! A responder lets strangers use the bandwidth and the processor of its host, for as long as bytes move: it is not
//! for nodes that everybody can reach. It holds nothing of what arrives, and what it sends is one block of memory,
//! shared by all runs, so that a run costs what its stream costs, whatever number the peer asks for. A peer that
//! does not read is not written to; one that neither reads nor writes is given up ([`Config::stall_timeout`]); how
//! many runs there are at once is limited for each peer and in all.
//!
//! What is counted is payload: neither the eight bytes nor what transports put around them. Connections are made
//! by the caller, so handshakes per second are not measured here.
//!
//! # Specs
//!
//! [perf](https://github.com/libp2p/specs/blob/master/perf/perf.md)
#![forbid(unsafe_code)]

mod block;
mod client;
mod config;
mod pace;
mod places;
mod plan;
mod progress;
mod report;
mod run;
mod server;

use sinew_transport::Protocol;

pub use config::Config;
pub use plan::{Amount, Plan};
pub use progress::Progress;
pub use report::Report;
pub use run::{Run, RunError, Violation};
pub use server::{Responder, ServeError, Served};

/// The name under which peers know the protocol.
pub const PROTOCOL: Protocol = Protocol::from_static("/perf/1.0.0");

/// How many bytes say how many are wanted back.
pub const HEADER_LEN: usize = 8;
