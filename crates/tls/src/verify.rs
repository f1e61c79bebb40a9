//! The rules that a libp2p certificate keeps, checked once and in one place.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::crypto::WebPkiSupportedAlgorithms;
use sinew_identity::{PeerId, PublicKey};
use x509_parser::{
    certificate::{X509Certificate, X509CertificateParser},
    nom::Parser as _,
    oid_registry::Oid,
    time::ASN1Time,
    x509::{SubjectPublicKeyInfo, X509Version},
};

use crate::{
    CertificateError, Validity,
    der::{Malformed, Reader},
    extension::{self, SignedKey},
};

/// Whom a certificate belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPeer {
    /// The name that follows from the key.
    pub peer_id: PeerId,
    /// The host key, which signed the certificate's key.
    pub public_key: PublicKey,
}

/// Checks a certificate in DER form against every rule of the specification, at the time `now`.
///
/// Signatures are checked with the algorithms of ring; a handshake uses those of its own provider.
///
/// # Errors
///
/// The first rule that the certificate breaks, the cheap rules first.
pub fn verify(der: &[u8], now: SystemTime) -> Result<VerifiedPeer, CertificateError> {
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    verify_with(der, now, &algorithms).map(|verified| verified.peer)
}

/// What a handshake needs of a certificate that kept all rules.
pub(crate) struct Verified {
    pub(crate) peer: VerifiedPeer,
    /// The certificate's own key, for the signature over the handshake.
    pub(crate) subject_public_key_info: Box<[u8]>,
}

pub(crate) fn verify_with(
    der: &[u8],
    now: SystemTime,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<Verified, CertificateError> {
    let certificate = parse(der)?;
    check_form(&certificate)?;
    let extension = find_extension(&certificate)?;
    check_validity(&validity(&certificate, now)?)?;

    let signed_key =
        SignedKey::decode(extension).map_err(|_| CertificateError::MalformedExtension)?;
    let public_key =
        PublicKey::from_protobuf(signed_key.public_key).map_err(CertificateError::HostKey)?;
    check_self_signature(&certificate, algorithms)?;
    let message = extension::signed_message(certificate.subject_pki.raw);
    public_key
        .verify(&message, signed_key.signature)
        .map_err(|_| CertificateError::ExtensionSignature)?;

    Ok(Verified {
        peer: VerifiedPeer {
            peer_id: public_key.to_peer_id(),
            public_key,
        },
        subject_public_key_info: certificate.subject_pki.raw.into(),
    })
}

/// Parses exactly one certificate; extensions other than ours stay unread.
pub(crate) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    if der.len() > MAX_LEN {
        return Err(CertificateError::TooLarge {
            len: der.len(),
            max: MAX_LEN,
        });
    }
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    let (rest, certificate) = parser.parse(der).map_err(|_| CertificateError::Malformed)?;
    if !rest.is_empty() {
        return Err(CertificateError::TrailingData);
    }
    Ok(certificate)
}

fn check_form(certificate: &X509Certificate<'_>) -> Result<(), CertificateError> {
    if certificate.version != X509Version::V3 {
        return Err(CertificateError::NotVersion3);
    }
    if certificate.issuer_uid.is_some() || certificate.subject_uid.is_some() {
        return Err(CertificateError::UniqueId);
    }
    // [RFC 5280 §4.1.1.2] The two fields hold the same algorithm identifier.
    if certificate.signature_algorithm != certificate.tbs_certificate.signature {
        return Err(CertificateError::SignatureAlgorithmMismatch);
    }
    Ok(())
}

/// Returns the contents of the libp2p extension, after a look at all extensions.
pub(crate) fn find_extension<'a>(
    certificate: &'a X509Certificate<'_>,
) -> Result<&'a [u8], CertificateError> {
    let ours = Oid::from(extension::OID).map_err(|_| CertificateError::MissingExtension)?;
    let mut found = None;
    for (index, extension) in certificate.extensions().iter().enumerate() {
        let before = certificate.extensions().iter().take(index);
        if before.into_iter().any(|other| other.oid == extension.oid) {
            // [RFC 5280 §4.2] A certificate has no two instances of an extension.
            return Err(CertificateError::DuplicateExtension {
                oid: extension.oid.to_id_string(),
            });
        }
        if extension.oid == ours {
            // [tls §libp2p Public Key Extension] It may be marked critical or not.
            found = Some(extension.value);
        } else if extension.critical {
            return Err(CertificateError::UnknownCriticalExtension {
                oid: extension.oid.to_id_string(),
            });
        }
    }
    found.ok_or(CertificateError::MissingExtension)
}

pub(crate) fn validity(
    certificate: &X509Certificate<'_>,
    now: SystemTime,
) -> Result<Validity, CertificateError> {
    Ok(Validity {
        not_before: system_time(certificate.validity.not_before)?,
        not_after: system_time(certificate.validity.not_after)?,
        now,
    })
}

fn check_validity(validity: &Validity) -> Result<(), CertificateError> {
    // [tls §Peer Authentication] Implementations check NotBefore and NotAfter.
    if validity.now < validity.not_before {
        return Err(CertificateError::NotYetValid(*validity));
    }
    // The end is a whole second and belongs to the certificate's life.
    let end = validity.not_after.checked_add(Duration::from_secs(1));
    if end.is_some_and(|end| validity.now >= end) {
        return Err(CertificateError::Expired(*validity));
    }
    Ok(())
}

fn system_time(time: ASN1Time) -> Result<SystemTime, CertificateError> {
    let seconds = time.timestamp();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.ok_or(CertificateError::Malformed)
}

/// Checks the certificate's signature with its own key.
///
/// Not with webpki's certificate parser: it refuses critical extensions that it does not know, and
/// ours may be critical.
fn check_self_signature(
    certificate: &X509Certificate<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), CertificateError> {
    let key = &certificate.subject_pki;
    check_rsa_size(key)?;
    let key_algorithm = key_algorithm(key)?;
    let (signature_algorithm, signature) = outer_fields(certificate)?;
    let algorithm = algorithms
        .all
        .iter()
        .find(|algorithm| {
            algorithm.public_key_alg_id().as_ref() == key_algorithm
                && algorithm.signature_alg_id().as_ref() == signature_algorithm
        })
        .ok_or(CertificateError::UnsupportedAlgorithm)?;

    // A key whose length is not a whole number of bytes is no key of any algorithm here.
    if key.subject_public_key.unused_bits != 0 {
        return Err(CertificateError::Malformed);
    }
    algorithm
        .verify_signature(
            &key.subject_public_key.data,
            certificate.tbs_certificate.as_ref(),
            signature,
        )
        .map_err(|_| CertificateError::SelfSignature)
}

/// Refuses an RSA key that is weak, or so large that checking a signature is an attack.
fn check_rsa_size(key: &SubjectPublicKeyInfo<'_>) -> Result<(), CertificateError> {
    use x509_parser::public_key::PublicKey;

    let Ok(PublicKey::RSA(rsa)) = key.parsed() else {
        return Ok(());
    };
    let bits = rsa.key_size();
    if (2048..=8192).contains(&bits) {
        Ok(())
    } else {
        Err(CertificateError::RsaKeySize { bits })
    }
}

/// Returns the contents of the key's algorithm identifier.
fn key_algorithm<'a>(key: &SubjectPublicKeyInfo<'a>) -> Result<&'a [u8], CertificateError> {
    let read = || Reader::new(key.raw).sequence()?.sequence();
    read()
        .map(|contents| contents.rest())
        .map_err(|_| CertificateError::Malformed)
}

/// Returns the two fields that no signature protects: the signature's algorithm identifier, and the
/// signature.
///
/// Read strictly, so that a certificate has one encoding: x509-parser takes some tags that are not DER.
fn outer_fields<'a>(
    certificate: &X509Certificate<'a>,
) -> Result<(&'a [u8], &'a [u8]), CertificateError> {
    let read = || {
        let mut outer = Reader::new(certificate.as_raw());
        let mut fields = outer.sequence()?;
        outer.finish()?;
        fields.skip()?;
        let algorithm = fields.sequence()?.rest();
        let signature = fields.whole_bytes()?;
        fields.finish()?;
        Ok((algorithm, signature))
    };
    read().map_err(|_: Malformed| CertificateError::Malformed)
}

/// The longest certificate that is looked at, in bytes.
///
/// An RSA host key of 8192 bits and its signature, beside an RSA certificate key of the same size, take
/// less than 6 KiB.
const MAX_LEN: usize = 16 * 1024;
