//! UDP sockets of the operating system: batches, segmentation offload, ECN.
//!
//! [`OsUdp`] fills [`sinew_runtime::UdpNetwork`] with `quinn-udp` for the system calls and tokio for
//! readiness. One call receives a batch of datagrams, one call sends up to 64 KiB of them, and no call
//! allocates.
//!
//! # Where it sits
//!
//! Layer 2, above the port in `sinew-runtime`. `sinew-quic` drives what is made here; a simulator puts a
//! network of its own in its place.
//!
//! # The mental model
//!
//! A socket never waits: a call that cannot proceed says `WouldBlock`, and `poll_readable` or
//! `poll_writable` then says when to try again.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use std::io::IoSliceMut;
//! use sinew_runtime::{ReceivedMeta, UdpNetwork, UdpOptions, UdpSocket, UdpTransmit};
//!
//! let network = sinew_udp::OsUdp;
//! let any: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
//! let (alice, bob) = (
//!     network.bind(any, UdpOptions::default())?,
//!     network.bind(any, UdpOptions::default())?,
//! );
//!
//! std::future::poll_fn(|cx| alice.poll_writable(cx)).await?;
//! alice.try_send(&UdpTransmit {
//!     remote: bob.local_addr()?,
//!     local_ip: None,
//!     ecn: None,
//!     contents: b"hello",
//!     segment_len: None,
//! })?;
//!
//! std::future::poll_fn(|cx| bob.poll_readable(cx)).await?;
//! let (mut buffer, mut metas) = ([0; 2048], [ReceivedMeta::EMPTY]);
//! assert_eq!(bob.try_recv(&mut [IoSliceMut::new(&mut buffer)], &mut metas)?, 1);
//! assert_eq!(buffer.get(..metas[0].len), Some(&b"hello"[..]));
//! # Ok(())
//! # }
//! ```
//!
//! # What the operating system decides
//!
//! | | Linux | macOS | Windows |
//! |---|---|---|---|
//! | datagrams a receive call returns | up to [`BATCH_SIZE`] × 64 | 1 | 1 |
//! | datagrams a send call takes | up to 64, 65,507 bytes | 1 | up to 512 on Windows 11, 65,507 bytes |
//! | ECN, local address, no fragmentation | yes | yes | yes |
//!
//! # Limits and non-goals
//!
//! * Binding needs a tokio runtime with I/O enabled, on the thread that binds.
//! * Errors that ICMP reports are dropped: anyone on the path can forge them, and transports time out.
//! * A privileged process gets no larger kernel buffers than an ordinary one (`SO_RCVBUFFORCE` is not
//!   used): the system's limits are its administrator's to set.
#![forbid(unsafe_code)]

mod convert;
mod network;
mod segmentation;
mod socket;

pub use network::OsUdp;

/// Buffers that one receive call fills at most; more are left alone.
pub const BATCH_SIZE: usize = quinn_udp::BATCH_SIZE;
