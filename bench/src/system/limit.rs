//! The physical limits: sockets and a cipher, and nothing that a protocol needs.
//!
//! No handshake, no loss recovery, no congestion control, no multiplexing, no identity: keys are constants. What
//! these cost, a transport on this machine cannot go below.

mod seal;
mod tcp;
mod udp;

pub(crate) use self::seal::{Aes, Chacha};
pub(crate) use self::tcp::Tcp;
pub(crate) use self::udp::Udp;
