//! Virtual time, the network, and the sockets on it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod faults;
mod links;
mod nodes;
mod tcp;
mod tcp_faults;
mod time;
mod udp;
