//! A look at a certificate file, for people.

use std::time::SystemTime;

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use sinew_identity::{PeerId, PublicKey};

use crate::{
    CertificateError, Validity, VerifiedPeer,
    extension::SignedKey,
    verify::{self, verify},
};

/// What is to be said about a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Whose it is, or the rule that it breaks.
    pub verdict: Result<VerifiedPeer, CertificateError>,
    /// Whose it claims to be, where that can be read; proven only if the verdict is good.
    pub claimed: Option<PeerId>,
    /// The time in which it is valid, where that can be read.
    pub validity: Option<Validity>,
}

/// Looks at a certificate in DER or PEM form, and finds out as much as it can even if it is not valid.
///
/// Of several in a PEM file the first is looked at.
#[must_use]
pub fn check(file: &[u8], now: SystemTime) -> Report {
    let pem = CertificateDer::from_pem_slice(file).ok();
    let der = pem.as_deref().unwrap_or(file);
    let parsed = verify::parse(der).ok();
    Report {
        verdict: verify(der, now),
        claimed: parsed.as_ref().and_then(|certificate| {
            let extension = verify::find_extension(certificate).ok()?;
            let signed_key = SignedKey::decode(extension).ok()?;
            let key = PublicKey::from_protobuf(signed_key.public_key).ok()?;
            Some(key.to_peer_id())
        }),
        validity: parsed
            .as_ref()
            .and_then(|certificate| verify::validity(certificate, now).ok()),
    }
}
