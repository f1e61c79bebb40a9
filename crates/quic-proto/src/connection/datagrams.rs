//! Unreliable datagrams.

use bytes::Bytes;

use super::Connection;

/// Why a datagram was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendDatagramError {
    /// The buffer is full; [`Event::DatagramsUnblocked`](crate::Event::DatagramsUnblocked) comes later.
    #[error("the buffer for datagrams is full")]
    Blocked,
    /// It does not fit into a packet.
    #[error("the datagram has {len} bytes; {max} fit into a packet")]
    TooLarge {
        /// Its length, in bytes.
        len: usize,
        /// The most that fits, in bytes.
        max: usize,
    },
    /// The peer takes no datagrams.
    #[error("the peer takes no datagrams")]
    UnsupportedByPeer,
    /// [`Config::datagrams`](crate::Config::datagrams) is `None`.
    #[error("datagrams are switched off")]
    Disabled,
    /// The connection is over.
    #[error("the connection is over")]
    Closed,
}

impl Connection {
    /// Queues a datagram, which may get lost, repeated or overtaken.
    ///
    /// # Errors
    ///
    /// It was not queued.
    pub fn send_datagram(&mut self, payload: Bytes) -> Result<(), SendDatagramError> {
        if self.is_closed() {
            return Err(SendDatagramError::Closed);
        }
        let len = payload.len();
        let mut datagrams = self.inner.datagrams();
        let max = datagrams.max_size().unwrap_or(0);
        datagrams
            .send(payload, false)
            .map_err(|error| match error {
                quinn_proto::SendDatagramError::Blocked(_) => SendDatagramError::Blocked,
                quinn_proto::SendDatagramError::TooLarge => {
                    SendDatagramError::TooLarge { len, max }
                }
                quinn_proto::SendDatagramError::UnsupportedByPeer => {
                    SendDatagramError::UnsupportedByPeer
                }
                quinn_proto::SendDatagramError::Disabled => SendDatagramError::Disabled,
            })?;
        self.wants_transmit = true;
        Ok(())
    }

    /// Takes the oldest datagram that arrived.
    pub fn receive_datagram(&mut self) -> Option<Bytes> {
        self.inner.datagrams().recv()
    }

    /// Returns how long a datagram may be, in bytes; `None` when there are none on this connection.
    pub fn max_datagram_len(&mut self) -> Option<usize> {
        self.config.datagrams?;
        self.inner.datagrams().max_size()
    }
}
