//! RSA keys: signatures are PKCS#1 v1.5 over SHA-256.

use p256::pkcs8::ObjectIdentifier;
use p256::pkcs8::der::asn1::{AnyRef, UintRef};
use p256::pkcs8::der::{self, Decode as _, Reader as _, SliceReader, Tagged as _};
use p256::pkcs8::spki::SubjectPublicKeyInfoRef;
use ring::rand::SystemRandom;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use zeroize::Zeroizing;

use crate::{DecodeError, KeyType, SignError};

/// A private key: its DER, and ring's form of it.
///
/// The DER is wiped on drop. ring's form is not; making it afresh for each signature would leave
/// one more copy behind each time.
pub(crate) struct SecretKey {
    der: Zeroizing<Vec<u8>>,
    pair: RsaKeyPair,
    public: PublicKey,
}

/// Modulus and exponent, big-endian without leading zeros.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
}

impl SecretKey {
    /// Reads a DER `RSAPrivateKey` (RFC 8017 A.1.2) of 2048 to 4096 bits.
    pub(crate) fn from_der(bytes: &[u8]) -> Result<Self, DecodeError> {
        // The size is checked from the encoding alone: arithmetic on an oversized key is what an
        // attacker wants of us (CVE-2023-39533).
        let public = private_key_head(bytes).map_err(|_| INVALID)?;
        public.check(MAX_SIGN_BITS)?;
        let pair = RsaKeyPair::from_der(bytes).map_err(|_| INVALID)?;
        Ok(Self {
            der: Zeroizing::new(bytes.to_vec()),
            pair,
            public,
        })
    }

    pub(crate) fn to_der(&self) -> Zeroizing<Vec<u8>> {
        self.der.clone()
    }

    pub(crate) fn material(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.public.clone()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        // The padding draws no randomness, so the signature is a function of key and message.
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| SignError)?;
        Ok(signature)
    }
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo` (RFC 3279) of a key of 2048 to 8192 bits.
    pub(crate) fn from_der(bytes: &[u8]) -> Result<Self, DecodeError> {
        let parsed = SubjectPublicKeyInfoRef::try_from(bytes).map_err(|_| INVALID)?;
        // RFC 3279 §2.3.1: the parameters must be NULL.
        if parsed.algorithm.oid != RSA_ENCRYPTION_OID
            || parsed.algorithm.parameters != Some(AnyRef::NULL)
        {
            return Err(INVALID);
        }
        let key = parsed.subject_public_key.as_bytes().ok_or(INVALID)?;
        let key = public_key_body(key).map_err(|_| INVALID)?;
        key.check(MAX_VERIFY_BITS)?;
        Ok(key)
    }

    /// Returns the DER `SubjectPublicKeyInfo`.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let key = [
            unsigned_integer(&self.modulus),
            unsigned_integer(&self.exponent),
        ]
        .concat();
        let mut bit_string = vec![0];
        bit_string.extend(element(SEQUENCE, &key));
        let mut info = RSA_ALGORITHM.to_vec();
        info.extend(element(BIT_STRING, &bit_string));
        element(SEQUENCE, &info)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        }
        .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
        .is_ok()
    }

    /// Checks the bounds that ring works within, without any arithmetic on the numbers.
    fn check(&self, max_bits: usize) -> Result<(), DecodeError> {
        let bits = bit_len(&self.modulus);
        if !(MIN_BITS..=max_bits).contains(&bits) {
            return Err(DecodeError::RsaModulus {
                bits,
                min: MIN_BITS,
                max: max_bits,
            });
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        let exponent_bits = bit_len(&self.exponent);
        if !is_odd(&self.exponent) || !(2..=MAX_EXPONENT_BITS).contains(&exponent_bits) {
            return Err(DecodeError::RsaExponent);
        }
        if !is_odd(&self.modulus) {
            return Err(INVALID);
        }
        Ok(())
    }

    fn from_integers(modulus: UintRef<'_>, exponent: UintRef<'_>) -> Self {
        Self {
            modulus: modulus.as_bytes().into(),
            exponent: exponent.as_bytes().into(),
        }
    }
}

/// Reads the public part, with which an `RSAPrivateKey` begins; ring reads the rest.
fn private_key_head(bytes: &[u8]) -> der::Result<PublicKey> {
    let body = AnyRef::from_der(bytes)?;
    body.tag().assert_eq(der::Tag::Sequence)?;
    let mut reader = SliceReader::new(body.value())?;
    let _version: UintRef<'_> = reader.decode()?;
    Ok(PublicKey::from_integers(reader.decode()?, reader.decode()?))
}

/// Reads an `RSAPublicKey`.
fn public_key_body(bytes: &[u8]) -> der::Result<PublicKey> {
    let body = AnyRef::from_der(bytes)?;
    body.sequence(|reader| Ok(PublicKey::from_integers(reader.decode()?, reader.decode()?)))
}

fn bit_len(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |first| 8 * number.len() - first.leading_zeros() as usize)
}

/// Returns the DER of a positive integer.
fn unsigned_integer(number: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(number.len() + 1);
    // A set high bit would make it negative.
    if number.first().is_none_or(|first| first & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(number);
    element(INTEGER, &content)
}

/// Returns one DER element: tag, length, content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = content.len();
    if len < 0x80 {
        out.push(len as u8);
    } else {
        let bytes = len.to_be_bytes();
        let skipped = (len.leading_zeros() / 8) as usize;
        out.push(0x80 | (bytes.len() - skipped) as u8);
        out.extend(bytes.iter().skip(skipped));
    }
    out.extend_from_slice(content);
    out
}

const INVALID: DecodeError = DecodeError::InvalidKey(KeyType::Rsa);

/// Under this a modulus can be factored with too little effort.
const MIN_BITS: usize = 2048;
/// ring's limit to sign with.
const MAX_SIGN_BITS: usize = 4096;
/// ring's limit to verify with, and go-libp2p's.
const MAX_VERIFY_BITS: usize = 8192;
/// ring's limit.
const MAX_EXPONENT_BITS: usize = 33;

const RSA_ENCRYPTION_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// SEQUENCE { OID rsaEncryption, NULL }
const RSA_ALGORITHM: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;
