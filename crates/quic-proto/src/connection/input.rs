//! What an endpoint hands to a connection.

use std::{net::IpAddr, time::Instant};

/// A datagram for one connection, or its endpoint's answer.
#[derive(Debug)]
pub struct ConnectionInput {
    pub(super) event: quinn_proto::ConnectionEvent,
    /// When and where, for a datagram.
    pub(super) received: Option<(Instant, Option<IpAddr>)>,
}

impl ConnectionInput {
    pub(crate) fn datagram(
        now: Instant,
        local_ip: Option<IpAddr>,
        event: quinn_proto::ConnectionEvent,
    ) -> Self {
        Self {
            event,
            received: Some((now, local_ip)),
        }
    }

    pub(crate) fn control(event: quinn_proto::ConnectionEvent) -> Self {
        Self {
            event,
            received: None,
        }
    }
}
