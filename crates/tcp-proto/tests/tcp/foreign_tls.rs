//! A peer whose TLS is rustls' own from the first record to the last.

use std::{
    io::{Read as _, Write as _},
    sync::Arc,
};

use bytes::BytesMut;
use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ServerSessionMemoryCache,
};
use sinew_sans_io::{Machine as _, Role, StreamMachine as _};
use sinew_tcp_proto::{Connection, Security};
use sinew_testkit::epoch;
use sinew_tls::{ClientTemplate, Options, ServerTemplate, default_provider};
use sinew_yamux_proto as yamux;

use crate::pair::{Wall, certificate, host, keypair};

/// A peer over rustls, and a connection of ours to it.
pub(crate) struct Foreign {
    pub(crate) tls: rustls::Connection,
    /// What it speaks inside TLS.
    pub(crate) yamux: yamux::Connection,
    /// How much of what it says goes into one record at most.
    pub(crate) record_len: usize,
    pub(crate) ours: Connection,
    /// On its way to us.
    pub(crate) inbox: BytesMut,
    plaintext: BytesMut,
    /// How much our side has still to say before TLS.
    preface_left: usize,
    /// What became of our side.
    pub(crate) result: Result<(), sinew_tcp_proto::Error>,
}

impl Foreign {
    /// A foreign listener that we dial, which gives out session tickets.
    pub(crate) fn listener() -> Self {
        let template = ServerTemplate::new(&certificate(&keypair(2)), &options()).unwrap();
        let (config, _verdict) = template.for_handshake();
        let mut config = Arc::unwrap_or_clone(config);
        config.send_tls13_tickets = 2;
        config.session_storage = ServerSessionMemoryCache::new(8);
        let server = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let ours = crate::pair::dial(&host(1, Security::Tls), Some(keypair(2).peer_id()));
        Self::new(server.into(), Role::Listener, ours)
    }

    /// A foreign dialer.
    pub(crate) fn dialer() -> Self {
        let template = ClientTemplate::new(&certificate(&keypair(1)), &options()).unwrap();
        let (config, _verdict) = template.for_handshake(None);
        Self::dialer_with(config)
    }

    /// A foreign dialer that has no certificate.
    pub(crate) fn nobody() -> Self {
        let mut config = rustls::ClientConfig::builder_with_provider(default_provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_no_client_auth();
        config.alpn_protocols = options().alpn;
        Self::dialer_with(Arc::new(config))
    }

    /// A foreign dialer that asks for these protocols.
    pub(crate) fn dialer_that_asks_for(alpn: &[&[u8]]) -> Self {
        let template = ClientTemplate::new(&certificate(&keypair(1)), &options()).unwrap();
        let mut config = Arc::unwrap_or_clone(template.for_handshake(None).0);
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Self::dialer_with(Arc::new(config))
    }

    fn dialer_with(config: Arc<rustls::ClientConfig>) -> Self {
        let name = ServerName::try_from("somebody.invalid").unwrap();
        let client = rustls::ClientConnection::new(config, name).unwrap();
        let ours = host(2, Security::Tls).accept(epoch(), [2; 32]);
        Self::new(client.into(), Role::Dialer, ours)
    }

    fn new(tls: rustls::Connection, role: Role, ours: Connection) -> Self {
        let config = Arc::new(yamux::Config::default());
        let preface = &b"\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n"[..];
        Self {
            tls,
            yamux: yamux::Connection::new(epoch(), role, config).unwrap(),
            record_len: 1 << 14,
            ours,
            inbox: BytesMut::from(preface),
            plaintext: BytesMut::new(),
            preface_left: preface.len(),
            result: Ok(()),
        }
    }

    /// Carries bytes both ways until both sides are silent, or ours has failed.
    pub(crate) fn run(&mut self) {
        loop {
            let said = self.speak();
            if self.result.is_err() || !(self.listen() || said) {
                return;
            }
        }
    }

    /// Has the foreign side say all that it has to say, and ours hear it.
    fn speak(&mut self) -> bool {
        let mut frames = Vec::new();
        while !self.tls.is_handshaking() && self.yamux.poll_transmit(epoch(), &mut frames).is_some()
        {
        }
        self.say(&frames);
        let has_said = self.tls.wants_write() || !self.inbox.is_empty();
        self.deliver();
        has_said
    }

    /// Has the TLS handshake, and returns what our side says behind it.
    pub(crate) fn meet(&mut self) -> Vec<u8> {
        let mut plaintext = Vec::new();
        self.deliver();
        while self.hear_plaintext(&mut plaintext) {
            self.deliver();
        }
        plaintext
    }

    /// Has our side hear what is on its way, and what rustls has to say.
    pub(crate) fn deliver(&mut self) {
        let mut said = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut said).unwrap();
        }
        self.inbox.extend_from_slice(&said);
        let result = self.ours.handle_input(epoch(), &mut self.inbox);
        if self.result.is_ok() {
            self.result = result;
        }
    }

    /// Puts `plaintext` into records of [`record_len`](Self::record_len).
    pub(crate) fn say(&mut self, plaintext: &[u8]) {
        for piece in plaintext.chunks(self.record_len) {
            assert_eq!(self.tls.writer().write(piece).unwrap(), piece.len());
            let mut record = Vec::new();
            self.tls.write_tls(&mut record).unwrap();
            self.inbox.extend_from_slice(&record);
        }
    }

    /// Has our side say all that it has to say, and the foreign side hear it.
    pub(crate) fn listen(&mut self) -> bool {
        let mut plaintext = Vec::new();
        let has_said = self.hear_plaintext(&mut plaintext);
        self.plaintext.extend_from_slice(&plaintext);
        self.yamux
            .handle_input(epoch(), &mut self.plaintext)
            .unwrap();
        while self.yamux.poll_event().is_some() {}
        has_said
    }

    /// Has our side say all that it has to say, and returns whether it was anything.
    pub(crate) fn hear_plaintext(&mut self, out: &mut Vec<u8>) -> bool {
        let mut said = Vec::new();
        while self.ours.poll_transmit(epoch(), &mut said).is_some() {}
        let skipped = self.preface_left.min(said.len());
        self.preface_left -= skipped;
        let mut rest = &said[skipped..];
        while !rest.is_empty() {
            self.tls.read_tls(&mut rest).unwrap();
            if self.tls.process_new_packets().is_err() {
                break;
            }
            let mut plaintext = [0; 1 << 14];
            while let Ok(len @ 1..) = self.tls.reader().read(&mut plaintext) {
                out.extend_from_slice(&plaintext[..len]);
            }
        }
        !said.is_empty()
    }
}

fn options() -> Options {
    Options {
        alpn: vec![b"/yamux/1.0.0".to_vec()],
        provider: default_provider(),
        time: Arc::new(Wall),
    }
}

/// Somebody to whom all certificates are good.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
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
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
