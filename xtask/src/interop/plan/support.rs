//! What the peers cannot do. Each was seen with go-libp2p as the other side too, or within one implementation.

use super::{Check, Direction, Identity, Implementation, Row, Stack};

impl Row {
    /// Returns why the peer cannot take part in this check, where that is so.
    pub(in crate::interop) fn unsupported(&self, check: Check) -> Option<&'static str> {
        match self.implementation {
            Implementation::Go => None,
            Implementation::Js => self.unsupported_by_js(check),
            Implementation::Py => self.unsupported_by_py(check),
            Implementation::Rust => self.unsupported_by_rust(check),
        }
    }

    fn unsupported_by_js(&self, check: Check) -> Option<&'static str> {
        if self.identity == Identity::Ecdsa {
            return Some("js-libp2p knows no ECDSA identities");
        }
        (self.stack == Stack::Quic && self.is_reset_read_by_peer(check))
            .then_some("its QUIC addon reads a reset as an end")
    }

    fn unsupported_by_py(&self, check: Check) -> Option<&'static str> {
        if self.identity == Identity::Ecdsa {
            return Some("py-libp2p knows no ECDSA identities");
        }
        match (self.stack, self.direction, check) {
            (Stack::Quic, Direction::WeDial, Check::ManyStreams) => {
                Some("aioquic grants 128 streams, and no more before some of them end")
            }
            (Stack::Quic, Direction::TheyDial, Check::Restarted) => {
                Some("aioquic takes no notice of a stateless reset")
            }
            _ => None,
        }
    }

    fn unsupported_by_rust(&self, check: Check) -> Option<&'static str> {
        let is_reset_by_peer = match self.direction {
            Direction::WeDial => check == Check::ListenerResets,
            Direction::TheyDial | Direction::Control => check == Check::DialerResets,
        };
        match self.stack {
            Stack::Quic if is_reset_by_peer => {
                Some("it has no reset, and quinn ends a stream that is dropped")
            }
            Stack::TcpNoise | Stack::TcpTls if self.is_reset_read_by_peer(check) => {
                Some("its Yamux reads a reset as an end")
            }
            Stack::Quic | Stack::TcpNoise | Stack::TcpTls => None,
        }
    }

    /// Returns whether the peer is the one who must tell a reset from an end.
    fn is_reset_read_by_peer(&self, check: Check) -> bool {
        match self.direction {
            Direction::WeDial => check == Check::DialerResets,
            Direction::TheyDial | Direction::Control => check == Check::ListenerResets,
        }
    }
}
