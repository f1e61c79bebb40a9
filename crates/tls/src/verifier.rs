//! The verifier that rustls calls, made anew for each handshake.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, UNIX_EPOCH},
};

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key},
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use sinew_identity::PeerId;

use crate::{
    CertificateError, Rejection, Verdict, VerifiedPeer,
    verify::{Verified, verify_with},
};

/// Checks one peer's certificate, in one handshake, as client or as server.
#[derive(Debug)]
pub(crate) struct Verifier {
    algorithms: WebPkiSupportedAlgorithms,
    expected: Option<PeerId>,
    verdict: Arc<Verdict>,
    /// The certificate's own key, kept so that nothing is parsed twice.
    subject_public_key_info: OnceLock<Box<[u8]>>,
}

impl Verifier {
    pub(crate) fn new(
        algorithms: WebPkiSupportedAlgorithms,
        expected: Option<PeerId>,
        verdict: Arc<Verdict>,
    ) -> Self {
        Self {
            algorithms,
            expected,
            verdict,
            subject_public_key_info: OnceLock::new(),
        }
    }

    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let outcome = self.judge(end_entity, intermediates, now);
        let answer = match &outcome {
            Ok(_) => Ok(()),
            Err(rejection) => Err(to_rustls(rejection)),
        };
        self.verdict.record(outcome);
        answer
    }

    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<VerifiedPeer, Rejection> {
        if !intermediates.is_empty() {
            let presented = intermediates.len().saturating_add(1);
            return Err(CertificateError::Chain { presented }.into());
        }
        let now = UNIX_EPOCH
            .checked_add(Duration::from_secs(now.as_secs()))
            .unwrap_or(UNIX_EPOCH);
        let Verified {
            peer,
            subject_public_key_info,
        } = verify_with(end_entity, now, &self.algorithms)?;
        if let Some(expected) = self.expected
            && expected != peer.peer_id
        {
            return Err(Rejection::WrongPeer {
                expected,
                actual: peer.peer_id,
            });
        }
        let _first_stands = self.subject_public_key_info.set(subject_public_key_info);
        Ok(peer)
    }

    fn check_signature(
        &self,
        message: &[u8],
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = self
            .subject_public_key_info
            .get()
            .ok_or_else(|| Error::General("no certificate was accepted".into()))?;
        let key = SubjectPublicKeyInfoDer::from(&**key);
        verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
    }
}

/// Chooses the alert that the peer gets to see; the text of the error goes nowhere.
fn to_rustls(rejection: &Rejection) -> Error {
    use rustls::CertificateError as Tls;

    let error = match rejection {
        Rejection::Certificate(CertificateError::NotYetValid(_) | CertificateError::Expired(_)) => {
            Tls::Expired
        }
        Rejection::Certificate(
            CertificateError::SelfSignature | CertificateError::ExtensionSignature,
        ) => Tls::BadSignature,
        Rejection::Certificate(_) => Tls::BadEncoding,
        Rejection::WrongPeer { .. } => Tls::ApplicationVerificationFailure,
    };
    Error::InvalidCertificate(error)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity, intermediates, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        _cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(end_entity, intermediates, now)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        _cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
