//! TLS handshakes in memory, with both of our configurations and with others.
#![allow(
    clippy::unwrap_used,
    reason = "what is not as expected has to fail the test"
)]

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rand::{SeedableRng as _, rngs::StdRng};
use rustls::{
    AlertDescription, CipherSuite, ClientConfig, ClientConnection, Error, ServerConfig,
    ServerConnection, pki_types::UnixTime, time_provider::TimeProvider,
};
use sinew_identity::{KeyType, Keypair, PeerId};
use sinew_tls::{
    Certificate, CertificateError, ClientTemplate, Options, Rejection, ServerTemplate,
    default_provider, server_name, verify,
};

#[derive(Debug)]
struct Fixed(u64);

impl TimeProvider for Fixed {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0)))
    }
}

struct Host {
    keypair: Keypair,
    client: ClientTemplate,
    server: ServerTemplate,
}

impl Host {
    fn new(seed: u64) -> Self {
        Self::with(seed, &[b"libp2p"])
    }

    fn with(seed: u64, alpn: &[&[u8]]) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let keypair = Keypair::generate(KeyType::Ed25519, &mut rng).unwrap();
        let certificate = Certificate::generate(&keypair, &mut rng, now()).unwrap();
        let options = Options {
            alpn: alpn.iter().map(|name| name.to_vec()).collect(),
            ..Options::quic(default_provider(), Arc::new(Fixed(NOW)))
        };
        Self {
            client: ClientTemplate::new(&certificate, &options).unwrap(),
            server: ServerTemplate::new(&certificate, &options).unwrap(),
            keypair,
        }
    }

    fn peer_id(&self) -> PeerId {
        self.keypair.peer_id()
    }
}

#[test]
fn tells_each_side_who_the_other_is_after_one_check_each() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let (client, of_bob) = alice.client.for_handshake(Some(bob.peer_id()));
    let (server, of_alice) = bob.server.for_handshake();

    let (client, server) = handshake(client, server, "ignored.example").unwrap();

    assert_eq!(of_bob.peer().unwrap().peer_id, bob.peer_id());
    assert_eq!(of_alice.peer().unwrap().public_key, alice.keypair.public());
    assert_eq!((of_bob.checks(), of_alice.checks()), (1, 1));
    assert_eq!(client.alpn_protocol(), Some(&b"libp2p"[..]));
    assert_eq!(server.alpn_protocol(), Some(&b"libp2p"[..]));
    assert_eq!(server.server_name(), None, "no name is sent");
    assert_eq!(client.tls13_tickets_received(), 0);
}

#[test]
fn checks_again_in_each_handshake_with_the_same_peer() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let name = server_name(Some(&bob.peer_id()));

    for _ in 0..3 {
        let (client, of_bob) = alice.client.for_handshake(Some(bob.peer_id()));
        let (server, of_alice) = bob.server.for_handshake();
        handshake(client, server, &name).unwrap();

        assert_eq!((of_bob.checks(), of_alice.checks()), (1, 1));
    }
}

// [tls §libp2p Public Key Extension]
#[test]
fn stops_at_the_wrong_peer_and_names_both() {
    let (alice, bob, carol) = (Host::new(1), Host::new(2), Host::new(3));
    let (client, verdict) = alice.client.for_handshake(Some(carol.peer_id()));
    let (server, of_alice) = bob.server.for_handshake();

    let (at_client, at_server) = *handshake(client, server, "x.example").unwrap_err();

    let (expected, actual) = (carol.peer_id(), bob.peer_id());
    assert_eq!(
        verdict.rejection(),
        Some(&Rejection::WrongPeer { expected, actual })
    );
    assert!(at_client.is_some());
    assert_eq!(
        at_server,
        Some(Error::AlertReceived(AlertDescription::AccessDenied))
    );
    assert_eq!(of_alice.outcome(), None, "alice showed nothing of herself");
}

// [tls §Handshake Protocol]
#[test]
fn refuses_a_client_without_a_certificate() {
    let bob = Host::new(2);
    let (server, verdict) = bob.server.for_handshake();
    let anonymous = ClientConfig::builder_with_provider(default_provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();

    let (_, at_server) = *handshake(anonymous.into(), server, "x.example").unwrap_err();

    assert_eq!(at_server, Some(Error::NoCertificatesPresented));
    assert_eq!(verdict.outcome(), None);
}

// [tls §Peer Authentication]
#[test]
fn refuses_a_chain_of_two_certificates() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let mut rng = StdRng::seed_from_u64(9);
    let certificate = Certificate::generate(&alice.keypair, &mut rng, now()).unwrap();
    let (client, _) = alice.client.for_handshake(None);
    let resolver = Arc::new(Doubled(Arc::clone(&client.client_auth_cert_resolver)));
    let mut client = ClientConfig::clone(&client);
    client.client_auth_cert_resolver = resolver;
    let (server, verdict) = bob.server.for_handshake();

    let outcome = handshake(client.into(), server, "x.example");

    assert!(outcome.is_err());
    let presented = 2;
    let chain = CertificateError::Chain { presented };
    assert_eq!(verdict.rejection(), Some(&Rejection::Certificate(chain)));
    assert!(verify(certificate.der(), now()).is_ok());
}

// [tls §Future Extensibility]
#[test]
fn ignores_the_server_name_that_a_client_sends() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let (client, _) = alice.client.for_handshake(None);
    let mut client = ClientConfig::clone(&client);
    client.enable_sni = true;
    let (server, verdict) = bob.server.for_handshake();

    let (_, server) = handshake(client.into(), server, "l.example").unwrap();

    assert_eq!(server.server_name(), Some("l.example"));
    assert!(verdict.peer().is_some());
}

#[test]
fn chooses_the_muxer_by_the_servers_order_and_refuses_when_there_is_none() {
    let alice = Host::with(1, &[b"/mplex/6.7.0", b"/yamux/1.0.0", b"libp2p"]);
    let bob = Host::with(2, &[b"/yamux/1.0.0", b"libp2p"]);
    let carol = Host::with(3, &[b"h3"]);
    let (client, _) = alice.client.for_handshake(None);
    let (server, _) = bob.server.for_handshake();
    let (client, _) = handshake(client, server, "x.example").unwrap();
    assert_eq!(client.alpn_protocol(), Some(&b"/yamux/1.0.0"[..]));

    let (client, _) = alice.client.for_handshake(None);
    let (server, _) = carol.server.for_handshake();
    let (at_client, _) = *handshake(client, server, "x.example").unwrap_err();
    assert_eq!(
        at_client,
        Some(Error::AlertReceived(
            AlertDescription::NoApplicationProtocol
        ))
    );
}

#[test]
fn imposes_its_cipher_order_on_clients_that_have_another() {
    let bob = Host::new(2);
    let mut reversed = rustls::crypto::CryptoProvider::clone(&default_provider());
    reversed.cipher_suites.reverse();
    let first = default_provider().cipher_suites[0].suite();
    let mut rng = StdRng::seed_from_u64(1);
    let keypair = Keypair::generate(KeyType::Ed25519, &mut rng).unwrap();
    let certificate = Certificate::generate(&keypair, &mut rng, now()).unwrap();
    let options = Options::quic(Arc::new(reversed), Arc::new(Fixed(NOW)));
    let alice = ClientTemplate::new(&certificate, &options).unwrap();

    let (client, _) = alice.for_handshake(None);
    let (server, _) = bob.server.for_handshake();
    let (client, _) = handshake(client, server, "x.example").unwrap();

    assert_eq!(client.negotiated_cipher_suite().unwrap().suite(), first);
}

#[test]
fn puts_first_what_this_processor_does_fastest() {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let has_aes =
        std::is_x86_feature_detected!("aes") && std::is_x86_feature_detected!("pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    let has_aes = std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    let has_aes = false;

    let suites: Vec<_> = default_provider()
        .cipher_suites
        .iter()
        .map(rustls::SupportedCipherSuite::suite)
        .collect();

    let (aes, chacha) = (
        CipherSuite::TLS13_AES_128_GCM_SHA256,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
    );
    let expected = if has_aes {
        [aes, chacha]
    } else {
        [chacha, aes]
    };
    assert!(suites.starts_with(&expected), "{suites:?}");
    assert_eq!(
        suites.len(),
        3,
        "and AES-256; nothing that is not TLS 1.3: {suites:?}"
    );
}

#[test]
fn gives_each_peer_a_server_name_of_its_own_that_tls_accepts() {
    for key_type in [KeyType::Ed25519, KeyType::Secp256k1, KeyType::Ecdsa] {
        let mut rng = StdRng::seed_from_u64(5);
        let keypair = Keypair::generate(key_type, &mut rng).unwrap();
        let name = server_name(Some(&keypair.peer_id()));
        assert!(rustls::pki_types::ServerName::try_from(name).is_ok());
    }
    assert!(rustls::pki_types::ServerName::try_from(server_name(None)).is_ok());
}

/// What the two sides say when a handshake fails, client first.
type Failure = Box<(Option<Error>, Option<Error>)>;

/// Carries bytes between the two until both are done.
fn handshake(
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    name: &str,
) -> Result<(ClientConnection, ServerConnection), Failure> {
    let name = name.to_owned().try_into().unwrap();
    let mut client = ClientConnection::new(client, name).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    for _ in 0..5 {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        let at_server = server
            .read_tls(&mut &bytes[..])
            .map(|_| server.process_new_packets().err())
            .unwrap();
        bytes.clear();
        server.write_tls(&mut bytes).unwrap();
        let at_client = client
            .read_tls(&mut &bytes[..])
            .map(|_| client.process_new_packets().err())
            .unwrap();
        if at_client.is_some() {
            // The client's alert still has to get through.
            bytes.clear();
            client.write_tls(&mut bytes).unwrap();
            server.read_tls(&mut &bytes[..]).unwrap();
            let at_server = at_server.or_else(|| server.process_new_packets().err());
            return Err(Box::new((at_client, at_server)));
        }
        if at_server.is_some() {
            return Err(Box::new((None, at_server)));
        }
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok((client, server))
}

/// Shows its certificate twice.
#[derive(Debug)]
struct Doubled(Arc<dyn rustls::client::ResolvesClientCert>);

impl rustls::client::ResolvesClientCert for Doubled {
    fn resolve(
        &self,
        hints: &[&[u8]],
        schemes: &[rustls::SignatureScheme],
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        let key = self.0.resolve(hints, schemes)?;
        let chain = [&key.cert[..], &key.cert].concat();
        let doubled = rustls::sign::CertifiedKey::new(chain, Arc::clone(&key.key));
        Some(Arc::new(doubled))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Believes everybody.
#[derive(Debug)]
struct Anyone;

impl rustls::client::danger::ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

const NOW: u64 = 1_780_000_000;
