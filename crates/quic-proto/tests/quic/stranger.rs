//! A QUIC client that is not ours, and follows no rule of libp2p.

use std::{net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use quinn_proto::{
    ClientConfig, ConnectionError, ConnectionHandle, DatagramEvent, EndpointConfig,
    crypto::rustls::QuicClientConfig,
};
use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::net::Net;

pub(crate) struct Stranger {
    addr: SocketAddr,
    endpoint: quinn_proto::Endpoint,
    handle: ConnectionHandle,
    connection: quinn_proto::Connection,
    lost: Option<ConnectionError>,
}

impl Stranger {
    /// Dials `node`, believes whatever it says, and shows no certificate.
    pub(crate) fn without_certificate(net: &Net, node: usize, alpn: &[u8]) -> Self {
        let mut tls = rustls::ClientConfig::builder_with_provider(sinew_tls::default_provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone))
            .with_no_client_auth();
        tls.alpn_protocols = vec![alpn.to_vec()];
        let tls = QuicClientConfig::try_from(tls).unwrap();
        let config = ClientConfig::new(Arc::new(tls));

        let mut endpoint =
            quinn_proto::Endpoint::new(Arc::new(EndpointConfig::default()), None, false, None);
        let (handle, connection) = endpoint
            .connect(net.now, config, net.nodes[node].addr, "x.example")
            .unwrap();
        Self {
            addr: SocketAddr::from(([203, 0, 113, 66], 6666)),
            endpoint,
            handle,
            connection,
            lost: None,
        }
    }

    /// Exchanges packets with `node` until neither has any, without delay.
    pub(crate) fn talk(&mut self, net: &mut Net, node: usize) {
        for _ in 0..10 {
            let mut out = Vec::new();
            while let Some(transmit) = self.connection.poll_transmit(net.now, 1, &mut out) {
                net.inject(self.addr, node, &out[..transmit.size]);
                out.clear();
            }
            for payload in net.intercept_at(self.addr) {
                let from = net.nodes[node].addr;
                let payload = BytesMut::from(&payload[..]);
                let routed =
                    self.endpoint
                        .handle(net.now, from, None, None, payload, &mut Vec::new());
                if let Some(DatagramEvent::ConnectionEvent(handle, event)) = routed {
                    assert_eq!(handle, self.handle);
                    self.connection.handle_event(event);
                }
            }
            while let Some(event) = self.connection.poll() {
                if let quinn_proto::Event::ConnectionLost { reason } = event {
                    self.lost = Some(reason);
                }
            }
        }
    }

    /// The code and the text with which the node's QUIC ended the connection.
    pub(crate) fn closed_with(&self) -> Option<(u64, Vec<u8>)> {
        match &self.lost {
            Some(ConnectionError::ConnectionClosed(close)) => {
                Some((close.error_code.into(), close.reason.to_vec()))
            }
            _ => None,
        }
    }
}

/// Believes everybody.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        sinew_tls::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
