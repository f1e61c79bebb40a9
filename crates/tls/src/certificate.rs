//! Our own certificate: a fresh P-256 key, vouched for by the host key.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use p256::{
    ecdsa::{Signature, SigningKey, signature::Signer as _},
    pkcs8::EncodePrivateKey as _,
};
use rand_core::CryptoRng;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, PKCS_ECDSA_P256_SHA256, PublicKeyData,
    SignatureAlgorithm, date_time_ymd,
};
use sinew_identity::{Keypair, PeerId};
use zeroize::Zeroizing;

use crate::extension::{self, SignedKey};

/// A certificate and its private key. Clones are cheap and share both.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    /// PKCS #8.
    key_der: Arc<Zeroizing<Vec<u8>>>,
    peer_id: PeerId,
}

impl Certificate {
    /// Makes a certificate for `keypair`, valid from an hour before `now` for a hundred years.
    ///
    /// The certificate's key is drawn from `rng`, and its signature is deterministic (RFC 6979): the
    /// same arguments make the same bytes. The hour is for peers whose clock is behind ours; the
    /// years are those of go-libp2p, so that a node that runs for long does not end.
    ///
    /// # Errors
    ///
    /// `now` is not a time that a certificate can express, or the host key cannot sign.
    pub fn generate(
        keypair: &Keypair,
        rng: &mut impl CryptoRng,
        now: SystemTime,
    ) -> Result<Self, GenerateError> {
        Self::issue(rng, now, keypair.peer_id(), |spki| {
            Ok(SignedKey {
                public_key: &keypair.public().to_protobuf(),
                signature: &keypair
                    .sign(&extension::signed_message(spki))
                    .map_err(GenerateError::HostKey)?,
            }
            .encode())
        })
    }

    /// Makes a certificate with the extension that `sign` makes for its key.
    pub(crate) fn issue(
        rng: &mut impl CryptoRng,
        now: SystemTime,
        peer_id: PeerId,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, GenerateError>,
    ) -> Result<Self, GenerateError> {
        let key = CertificateKey::generate(rng)?;
        let extension = sign(&key.subject_public_key_info())?;

        let now = now
            .duration_since(UNIX_EPOCH)
            .ok()
            .filter(|now| (ONE_HOUR..LATEST).contains(now))
            .ok_or(GenerateError::Clock)?;
        // Certificates know whole seconds alone.
        let not_before = Duration::from_secs(now.saturating_sub(ONE_HOUR).as_secs());
        let epoch = date_time_ymd(1970, 1, 1);

        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.not_before = epoch + not_before;
        params.not_after = epoch + not_before + HUNDRED_YEARS;
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(extension::OID, extension)];
        let der = params.self_signed(&key).map_err(GenerateError::Encode)?;

        Ok(Self {
            der: der.der().as_ref().into(),
            key_der: Arc::new(key.to_pkcs8()),
            peer_id,
        })
    }

    /// Returns the certificate in DER form.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns whom the certificate belongs to.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// Returns the certificate's private key, as PKCS #8 in DER form.
    pub(crate) fn key_der(&self) -> &[u8] {
        &self.key_der
    }
}

/// Why no certificate can be made; the peer has no part in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// Our clock is so far off that the time does not fit into a certificate.
    #[error("the clock of this machine is wrong: a certificate cannot express its time")]
    Clock,
    /// The random source gives the same unusable numbers again and again.
    #[error("random source gives no usable numbers")]
    BrokenRandomSource,
    /// The host key cannot sign.
    #[error("the host key cannot sign")]
    HostKey(#[source] sinew_identity::SignError),
    /// The certificate cannot be encoded.
    #[error("the certificate cannot be encoded")]
    Encode(#[source] rcgen::Error),
}

/// The key of a certificate, and rcgen's way to sign with it.
struct CertificateKey {
    key: SigningKey,
    /// The uncompressed point.
    public: Vec<u8>,
}

impl CertificateKey {
    fn generate(rng: &mut impl CryptoRng) -> Result<Self, GenerateError> {
        // One draw in 2^32 is not a scalar of the curve.
        for _ in 0..ATTEMPTS {
            let mut secret = Zeroizing::new([0; 32]);
            rng.fill_bytes(secret.as_mut_slice());
            if let Ok(key) = SigningKey::from_slice(secret.as_slice()) {
                let public = key.verifying_key().to_encoded_point(false);
                return Ok(Self {
                    public: public.as_bytes().to_vec(),
                    key,
                });
            }
        }
        Err(GenerateError::BrokenRandomSource)
    }

    fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let document = p256::SecretKey::from(&self.key)
            .to_pkcs8_der()
            .expect("a P-256 key always has a PKCS #8 form");
        Zeroizing::new(document.as_bytes().to_vec())
    }
}

impl PublicKeyData for CertificateKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for CertificateKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature: Signature = self.key.sign(message);
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("peer_id", &self.peer_id)
            .finish_non_exhaustive()
    }
}

const ATTEMPTS: u32 = 8;
const ONE_HOUR: Duration = Duration::from_secs(3600);
const HUNDRED_YEARS: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// The year 9000, in seconds since 1970: with a hundred years on top still four digits.
const LATEST: Duration = Duration::from_secs(221_845_392_000);
