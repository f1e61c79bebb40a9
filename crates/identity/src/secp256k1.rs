//! ECDSA keys on the curve secp256k1.

use k256::ecdsa::signature::{Signer as _, Verifier as _};
use k256::ecdsa::{Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::{DecodeError, KeyType, SignError};

/// A private scalar; k256 wipes it on drop.
pub(crate) struct SecretKey(SigningKey);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicKey(VerifyingKey);

impl SecretKey {
    /// Reads the big-endian scalar of 32 bytes, which must be neither zero nor beyond the order of the curve.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        // The length is checked here: the crate takes shorter scalars too and pads them.
        <[u8; SCALAR_LEN]>::try_from(bytes)
            .map(Zeroizing::new)
            .ok()
            .and_then(|scalar| SigningKey::from_slice(scalar.as_slice()).ok())
            .map(Self)
            .ok_or(DecodeError::InvalidKey(KeyType::Secp256k1))
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let scalar = Zeroizing::new(self.0.to_bytes());
        Zeroizing::new(scalar.to_vec())
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// Signs with the nonce of RFC 6979 and the lower of the two possible `s`, in DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature: Signature = self.0.try_sign(message).map_err(|_| SignError)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl PublicKey {
    /// Reads a point in compressed or uncompressed form.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        VerifyingKey::from_sec1_bytes(bytes)
            .map(Self)
            .map_err(|_| DecodeError::InvalidKey(KeyType::Secp256k1))
    }

    /// Returns the compressed point.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        self.0.to_encoded_point(true).as_bytes().to_vec()
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // [peer-ids §Secp256k1] BIP 62: strict DER, and k256 refuses the higher of the two `s`.
        // rust-libp2p and js-libp2p refuse it too, go-libp2p accepts it; all three sign with the
        // lower.
        Signature::from_der(signature)
            .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

const SCALAR_LEN: usize = 32;
