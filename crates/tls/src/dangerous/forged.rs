//! A certificate that lies about whose it is.

use std::time::SystemTime;

use rand_core::CryptoRng;
use sinew_identity::{Keypair, PublicKey};

use crate::{
    Certificate, GenerateError,
    extension::{self, SignedKey},
};

/// Makes a certificate that claims to be of `claimed`, signed by `forger` instead.
///
/// All else about it is right: whoever checks it has to find
/// [`CertificateError::ExtensionSignature`](crate::CertificateError::ExtensionSignature). It says to be
/// the forger's own, so that the forger can make an endpoint with it.
///
/// # Errors
///
/// As [`Certificate::generate`].
pub fn forged_certificate(
    claimed: &PublicKey,
    forger: &Keypair,
    rng: &mut impl CryptoRng,
    now: SystemTime,
) -> Result<Certificate, GenerateError> {
    Certificate::issue(rng, now, forger.peer_id(), |spki| {
        Ok(SignedKey {
            public_key: &claimed.to_protobuf(),
            signature: &forger
                .sign(&extension::signed_message(spki))
                .map_err(GenerateError::HostKey)?,
        }
        .encode())
    })
}
