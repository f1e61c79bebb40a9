//! What a transport is.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use sinew_identity::PeerId;
use sinew_multiaddr::Address;

use crate::{BufferBudget, Connection, DialError, Gate, ListenError, Listener};

/// A way to make authenticated, multiplexed connections.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Returns the short name for logs and options, such as `quic`.
    fn name(&self) -> &'static str;

    /// Says whether `address` is of this transport's kind.
    fn handles(&self, address: &Address) -> bool;

    /// Takes what connections that are made from here on may hold in their buffers. Called once, before the first of
    /// them.
    ///
    /// A transport whose connections hold no more than
    /// [`BASE`](BufferBudget::BASE) in each direction may ignore it.
    fn use_buffers(&self, buffers: &BufferBudget) {
        let _ = buffers;
    }

    /// Connects, and proves who is at the other end.
    ///
    /// Dropping the future gives the attempt up and leaves nothing behind. The future completes when the
    /// connection can carry streams; that the other end accepted *our* identity may become known only later
    /// ([`ConnectionEvent::Confirmed`](crate::ConnectionEvent::Confirmed)).
    fn dial(&self, dial: Dial) -> BoxFuture<'static, Result<Arc<dyn Connection>, DialError>>;

    /// Starts listening; `gate` is asked about every attempt.
    fn listen(
        &self,
        address: Address,
        gate: Arc<dyn Gate>,
    ) -> BoxFuture<'static, Result<Box<dyn Listener>, ListenError>>;

    /// Closes what is open, tells the peers, and returns when all sockets are closed.
    ///
    /// Connections that are still open are closed with
    /// [`ConnectionCode::SHUTDOWN`](crate::ConnectionCode::SHUTDOWN).
    fn shutdown(&self) -> BoxFuture<'static, ()>;
}

/// What to dial.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Where. It must name a host by its address: names are resolved before.
    pub address: Address,
    /// Who must be there; `None` takes whoever proves an identity.
    pub peer: Option<PeerId>,
    /// From which local port.
    pub port: PortUse,
}

/// From which local port to dial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortUse {
    /// From a listening port where there is one, so that the peer learns an address at which we can be
    /// reached and hole punching works.
    #[default]
    Shared,
    /// From a new port; some carriers break connections from shared ones.
    New,
}

impl Dial {
    /// Dials `address` for the peer that it names, if it names one.
    pub fn new(address: Address) -> Self {
        Self {
            peer: address.peer_id(),
            address,
            port: PortUse::default(),
        }
    }
}
