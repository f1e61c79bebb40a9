//! ECDSA keys on the curve P-256.

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::ObjectIdentifier;
use p256::pkcs8::spki::SubjectPublicKeyInfoRef;
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use crate::{DecodeError, KeyType, SignError};

/// A private scalar; p256 wipes it on drop.
pub(crate) struct SecretKey(SigningKey);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicKey(VerifyingKey);

impl SecretKey {
    /// Reads the big-endian scalar of 32 bytes, which must be neither zero nor beyond the order of the curve.
    pub(crate) fn from_scalar(bytes: &[u8]) -> Result<Self, DecodeError> {
        // The length is checked here: the crate takes shorter scalars too and pads them.
        <[u8; SCALAR_LEN]>::try_from(bytes)
            .map(Zeroizing::new)
            .ok()
            .and_then(|scalar| SigningKey::from_slice(scalar.as_slice()).ok())
            .map(Self)
            .ok_or(DecodeError::InvalidKey(KeyType::Ecdsa))
    }

    /// Reads a DER `ECPrivateKey` (RFC 5915).
    pub(crate) fn from_der(bytes: &[u8]) -> Result<Self, DecodeError> {
        let invalid = DecodeError::InvalidKey(KeyType::Ecdsa);
        let parsed = EcPrivateKey::try_from(bytes).map_err(|_| invalid)?;
        let curve = parsed
            .parameters
            .and_then(|parameters| parameters.named_curve());
        if curve.is_some_and(|curve| curve != P256_OID) {
            return Err(DecodeError::UnsupportedCurve);
        }
        let key = Self::from_scalar(parsed.private_key)?;
        let Some(point) = parsed.public_key else {
            return Ok(key);
        };
        let public = VerifyingKey::from_sec1_bytes(point).map_err(|_| invalid)?;
        if public != *key.0.verifying_key() {
            return Err(DecodeError::KeyMismatch);
        }
        Ok(key)
    }

    /// Returns the DER `ECPrivateKey` with curve and public key, as other implementations write it.
    pub(crate) fn to_der(&self) -> Zeroizing<Vec<u8>> {
        let scalar = Zeroizing::new(self.0.to_bytes());
        let point = self.0.verifying_key().to_encoded_point(false);
        Zeroizing::new(
            [
                PRIVATE_PREFIX,
                scalar.as_ref(),
                PRIVATE_INFIX,
                point.as_bytes(),
            ]
            .concat(),
        )
    }

    pub(crate) fn material(&self) -> Zeroizing<Vec<u8>> {
        let scalar = Zeroizing::new(self.0.to_bytes());
        Zeroizing::new(scalar.to_vec())
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// Signs with the nonce of RFC 6979, in DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature: Signature = self.0.try_sign(message).map_err(|_| SignError)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5480).
    pub(crate) fn from_der(bytes: &[u8]) -> Result<Self, DecodeError> {
        let invalid = DecodeError::InvalidKey(KeyType::Ecdsa);
        let parsed = SubjectPublicKeyInfoRef::try_from(bytes).map_err(|_| invalid)?;
        if parsed.algorithm.oid != EC_PUBLIC_KEY_OID {
            return Err(invalid);
        }
        let curve = parsed.algorithm.parameters_oid().map_err(|_| invalid)?;
        if curve != P256_OID {
            return Err(DecodeError::UnsupportedCurve);
        }
        let point = parsed.subject_public_key.as_bytes().ok_or(invalid)?;
        VerifyingKey::from_sec1_bytes(point)
            .map(Self)
            .map_err(|_| invalid)
    }

    /// Returns the DER `SubjectPublicKeyInfo` with the uncompressed point.
    pub(crate) fn to_der(self) -> Vec<u8> {
        let point = self.0.to_encoded_point(false);
        [PUBLIC_PREFIX, point.as_bytes()].concat()
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // The higher of the two possible `s` is accepted: go-libp2p does not avoid it.
        Signature::from_der(signature)
            .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

const SCALAR_LEN: usize = 32;
const EC_PUBLIC_KEY_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

// Every P-256 key has the same length, so its DER is a fixed frame around scalar and point.

/// SEQUENCE { INTEGER 1, OCTET STRING of 32 bytes …
const PRIVATE_PREFIX: &[u8] = &[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
/// … [0] { OID P-256 }, [1] { BIT STRING of a 65-byte point …
const PRIVATE_INFIX: &[u8] = &[
    0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42,
    0x00,
];
/// SEQUENCE { SEQUENCE { OID ecPublicKey, OID P-256 }, BIT STRING of a 65-byte point …
const PUBLIC_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
