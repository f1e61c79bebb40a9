//! Certificates made by hand, so that each part of them can be wrong.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use p256::{
    ecdsa::{Signature, SigningKey, signature::Signer as _},
    pkcs8::EncodePublicKey as _,
};
use sinew_identity::Keypair;

/// The parts of a certificate. [`Forge::valid`] is one that keeps all rules.
#[derive(Clone)]
pub(crate) struct Forge {
    /// 0 for version 1, as in the encoding.
    pub(crate) version: u8,
    pub(crate) inner_algorithm: Vec<u8>,
    pub(crate) outer_algorithm: Vec<u8>,
    pub(crate) not_before: &'static str,
    pub(crate) not_after: &'static str,
    pub(crate) spki: Vec<u8>,
    pub(crate) issuer_uid: bool,
    pub(crate) subject_uid: bool,
    pub(crate) extensions: Vec<Vec<u8>>,
    pub(crate) signer: SigningKey,
}

impl Forge {
    pub(crate) fn valid(host: &Keypair) -> Self {
        let signer = signing_key(1);
        let spki = spki(&signer);
        Self {
            version: 2,
            inner_algorithm: ECDSA_WITH_SHA256.to_vec(),
            outer_algorithm: ECDSA_WITH_SHA256.to_vec(),
            not_before: "20260101000000Z",
            not_after: "20260201000000Z",
            extensions: vec![extension(LIBP2P, false, &signed_key(host, &spki))],
            spki,
            issuer_uid: false,
            subject_uid: false,
            signer,
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let mut tbs = Vec::new();
        if self.version > 0 {
            tbs.extend(value(0xa0, &value(0x02, &[self.version])));
        }
        tbs.extend(value(0x02, &[7]));
        tbs.extend(value(0x30, &self.inner_algorithm));
        tbs.extend(value(0x30, &[]));
        tbs.extend(value(
            0x30,
            &[
                value(0x18, self.not_before.as_bytes()),
                value(0x18, self.not_after.as_bytes()),
            ]
            .concat(),
        ));
        tbs.extend(value(0x30, &[]));
        tbs.extend(&self.spki);
        if self.issuer_uid {
            tbs.extend(value(0x81, &[0, 0xaa]));
        }
        if self.subject_uid {
            tbs.extend(value(0x82, &[0, 0xaa]));
        }
        if !self.extensions.is_empty() {
            tbs.extend(value(0xa3, &value(0x30, &self.extensions.concat())));
        }
        let tbs = value(0x30, &tbs);

        let signature: Signature = self.signer.sign(&tbs);
        let mut bits = vec![0];
        bits.extend(signature.to_der().as_bytes());
        let parts = [tbs, value(0x30, &self.outer_algorithm), value(0x03, &bits)];
        value(0x30, &parts.concat())
    }
}

pub(crate) fn signing_key(secret: u8) -> SigningKey {
    SigningKey::from_slice(&[secret; 32]).unwrap()
}

pub(crate) fn spki(key: &SigningKey) -> Vec<u8> {
    let key = p256::PublicKey::from(key.verifying_key());
    let document = key.to_public_key_der().unwrap();
    document.as_bytes().to_vec()
}

/// The contents of the libp2p extension, as `host` makes it for a certificate key.
pub(crate) fn signed_key(host: &Keypair, spki: &[u8]) -> Vec<u8> {
    let message = [b"libp2p-tls-handshake:", spki].concat();
    let signature = host.sign(&message).unwrap();
    signed_key_of(&host.public().to_protobuf(), &signature)
}

pub(crate) fn signed_key_of(public_key: &[u8], signature: &[u8]) -> Vec<u8> {
    value(
        0x30,
        &[value(0x04, public_key), value(0x04, signature)].concat(),
    )
}

pub(crate) fn extension(oid: &[u8], critical: bool, contents: &[u8]) -> Vec<u8> {
    let mut parts = value(0x06, oid);
    if critical {
        parts.extend(value(0x01, &[0xff]));
    }
    parts.extend(value(0x04, contents));
    value(0x30, &parts)
}

/// One DER value.
pub(crate) fn value(tag: u8, contents: &[u8]) -> Vec<u8> {
    let len = contents.len();
    let mut out = vec![tag];
    match len {
        0..0x80 => out.push(len as u8),
        0x80..0x100 => out.extend([0x81, len as u8]),
        _ => out.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    out.extend(contents);
    out
}

/// Noon of a day in the certificate's life.
pub(crate) fn noon() -> SystemTime {
    not_before() + Duration::from_secs(12 * 3600)
}

/// 2026-01-01T00:00:00Z
pub(crate) fn not_before() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

/// 2026-02-01T00:00:00Z
pub(crate) fn not_after() -> SystemTime {
    not_before() + Duration::from_secs(31 * 24 * 3600)
}

/// 1.3.6.1.4.1.53594.1.1
pub(crate) const LIBP2P: &[u8] = &[0x2b, 6, 1, 4, 1, 0x83, 0xa2, 0x5a, 1, 1];
/// 2.5.29.15
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 29, 15];
/// 1.2.840.10045.4.3.2, as the contents of an algorithm identifier.
pub(crate) const ECDSA_WITH_SHA256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// 1.2.840.10045.4.3.4, which ring does not check for P-256.
pub(crate) const ECDSA_WITH_SHA512: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
