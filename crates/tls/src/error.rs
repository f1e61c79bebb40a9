//! Why a peer's certificate is refused, one variant for each rule.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use sinew_identity::PeerId;
use x509_parser::time::ASN1Time;

/// Why a handshake was refused by the side that looked at the other's certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The certificate breaks a rule; nothing that it says can be believed.
    #[error("the peer's certificate is not valid")]
    Certificate(#[from] CertificateError),
    /// The certificate is good and belongs to somebody else.
    // [tls §libp2p Public Key Extension] A client that dialed a peer id aborts on any other.
    #[error("dialed {expected}, but {actual} answered")]
    WrongPeer {
        /// Who was dialed.
        expected: PeerId,
        /// Who proved to be there.
        actual: PeerId,
    },
}

/// The rule that a certificate breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// No certificate was presented.
    // [tls §Handshake Protocol] Servers require client authentication.
    #[error("no certificate was presented")]
    Missing,
    /// More than one certificate was presented.
    // [tls §Peer Authentication] Endpoints do not send a chain of more than one certificate.
    #[error("{presented} certificates were presented instead of one")]
    Chain {
        /// How many there were.
        presented: usize,
    },
    /// It is longer than any certificate of this kind.
    #[error("the certificate has {len} bytes, more than the {max} that are allowed")]
    TooLarge {
        /// Its length, in bytes.
        len: usize,
        /// The most that is looked at, in bytes.
        max: usize,
    },
    /// It is not the DER form of an X.509 certificate.
    #[error("the certificate is not well-formed X.509")]
    Malformed,
    /// Bytes follow the certificate.
    #[error("bytes follow the certificate")]
    TrailingData,
    /// It is not of version 3, the only one that has extensions.
    #[error("the certificate is not of version 3")]
    NotVersion3,
    /// `issuerUniqueID` or `subjectUniqueID` is present.
    // [tls §Peer Authentication] Certificates omit the deprecated unique ids.
    #[error("the certificate has a deprecated unique id")]
    UniqueId,
    /// The algorithm that the certificate is signed with is not the one that it says inside.
    #[error("the certificate names two different signature algorithms")]
    SignatureAlgorithmMismatch,
    /// The certificate's own key or signature is of a kind that is not supported.
    #[error("the certificate's key or signature algorithm is not supported")]
    UnsupportedAlgorithm,
    /// The certificate's own key is an RSA key of a size that is not allowed.
    #[error("the certificate's RSA key has {bits} bits; 2048 to 8192 are allowed")]
    RsaKeySize {
        /// The size of its modulus, in bits.
        bits: usize,
    },
    /// The certificate is not signed with its own key.
    // [tls §Peer Authentication] The certificate is self-signed, and the signature is checked.
    #[error("the certificate is not signed with its own key")]
    SelfSignature,
    /// The certificate begins to be valid later than now: one of the two clocks is wrong.
    #[error("the certificate is not valid yet: {0}")]
    NotYetValid(Validity),
    /// The certificate is not valid any longer: it is old, or one of the two clocks is wrong.
    #[error("the certificate has expired: {0}")]
    Expired(Validity),
    /// An extension appears twice.
    #[error("the certificate has the extension {oid} twice")]
    DuplicateExtension {
        /// Which one.
        oid: String,
    },
    /// A critical extension that is not the libp2p extension.
    // [tls §Peer Authentication] Unknown critical extensions abort the connection attempt.
    #[error("the certificate has the unknown critical extension {oid}")]
    UnknownCriticalExtension {
        /// Which one.
        oid: String,
    },
    /// The libp2p extension is not there: this is not a libp2p peer.
    // [tls §Peer Authentication] Connections without it are refused.
    #[error("the certificate has no libp2p extension")]
    MissingExtension,
    /// The libp2p extension is not the DER form of two octet strings.
    #[error("the certificate's libp2p extension is malformed")]
    MalformedExtension,
    /// The libp2p extension has no usable host key in it.
    #[error("the certificate's host key is not valid")]
    HostKey(#[source] sinew_identity::DecodeError),
    /// The host key did not sign this certificate's key.
    // [tls §libp2p Public Key Extension] Peers verify the signature, and abort when it is wrong.
    #[error("the host key's signature over the certificate's key is wrong")]
    ExtensionSignature,
}

/// The time in which a certificate is valid, and the time at which it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment at which it is valid.
    pub not_before: SystemTime,
    /// The last second in which it is valid.
    pub not_after: SystemTime,
    /// What our clock said.
    pub now: SystemTime,
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it is valid from {} to {}, and our clock says {}",
            Date(self.not_before),
            Date(self.not_after),
            Date(self.now),
        )
    }
}

/// Prints a time as people write it.
struct Date(SystemTime);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = match self.0.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).ok(),
            Err(before) => i64::try_from(before.duration().as_secs())
                .ok()
                .and_then(i64::checked_neg),
        };
        match seconds.and_then(|seconds| ASN1Time::from_timestamp(seconds).ok()) {
            Some(time) => fmt::Display::fmt(&time, f),
            None => f.write_str("a time that no calendar has"),
        }
    }
}
