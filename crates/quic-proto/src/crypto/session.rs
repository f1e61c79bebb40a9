//! A TLS session that keeps its reasons to itself.

use std::{any::Any, sync::Arc};

use quinn_proto::{
    ConnectionId, Side, TransportError,
    crypto::{self, ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey},
    transport_parameters::TransportParameters,
};

use super::HandshakeRecord;
use crate::close_reason::tls_alert;

/// Wraps quinn-proto's rustls session.
///
/// quinn-proto would send the text of a TLS error, in which both peer ids may stand, in a packet that
/// anybody can read. Here the text is kept in the [`HandshakeRecord`] and the packet says the alert
/// alone.
pub(super) struct Session {
    inner: Box<dyn crypto::Session>,
    record: Arc<HandshakeRecord>,
}

impl Session {
    pub(super) fn new(inner: Box<dyn crypto::Session>, record: Arc<HandshakeRecord>) -> Self {
        Self { inner, record }
    }
}

impl crypto::Session for Session {
    fn read_handshake(&mut self, buf: &[u8]) -> Result<bool, TransportError> {
        self.inner.read_handshake(buf).map_err(|error| {
            let TransportError {
                code,
                frame,
                reason,
            } = error;
            if let Some(alert) = tls_alert(code.into()) {
                self.record.record_failure(alert, reason);
            }
            TransportError {
                code,
                frame,
                reason: String::new(),
            }
        })
    }

    /// The record; its `Any` type is `Arc<HandshakeRecord>`.
    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        Some(Box::new(Arc::clone(&self.record)))
    }

    fn initial_keys(&self, dst_cid: &ConnectionId, side: Side) -> Keys {
        self.inner.initial_keys(dst_cid, side)
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        self.inner.handshake_data()
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        self.inner.early_crypto()
    }

    fn early_data_accepted(&self) -> Option<bool> {
        self.inner.early_data_accepted()
    }

    fn is_handshaking(&self) -> bool {
        self.inner.is_handshaking()
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        self.inner.transport_parameters()
    }

    fn write_handshake(&mut self, buf: &mut Vec<u8>) -> Option<Keys> {
        self.inner.write_handshake(buf)
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        self.inner.next_1rtt_keys()
    }

    fn is_valid_retry(&self, orig_dst_cid: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        self.inner.is_valid_retry(orig_dst_cid, header, payload)
    }

    fn export_keying_material(
        &self,
        output: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.inner.export_keying_material(output, label, context)
    }
}
