//! The libp2p TLS certificate, and the rustls configurations that check it.
//!
//! A libp2p peer is named by the hash of its public key, so it needs no certificate authority: it makes a
//! certificate for itself, and an extension in it carries the host key and that key's signature over the
//! certificate's own key. This crate makes such a certificate ([`Certificate`]), checks one ([`verify`]),
//! and builds the rustls configurations ([`ClientTemplate`], [`ServerTemplate`]) that do it inside the
//! handshake and carry the result out ([`Verdict`]).
//!
//! # Where it sits
//!
//! Layer 2, pure: wall clock and randomness are arguments. `quic-proto` and `tcp-proto` run the
//! configurations; nobody else needs them.
//!
//! # The mental model
//!
//! A template is made once. Each dial and each accept asks it for a configuration with a *fresh*
//! verifier, which checks the peer's certificate exactly once and writes what it found into the
//! [`Verdict`] that came with the configuration. After the handshake the identity is read from there; the
//! certificate is never parsed a second time, because a second look at the clock may disagree with the
//! first (GHSA-5hq8-qhww-jm7q).
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use sinew_identity::Keypair;
//! use sinew_tls::{Certificate, CertificateError, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[allow(clippy::disallowed_methods)]
//! let now = SystemTime::now();
//! let keypair = Keypair::generate_ed25519();
//! let certificate = Certificate::generate(&keypair, &mut rand::rng(), now)?;
//!
//! let peer = verify(certificate.der(), now)?;
//! assert_eq!(peer.peer_id, keypair.peer_id());
//!
//! let long_ago = now - Duration::from_secs(7200);
//! assert!(matches!(
//!     verify(certificate.der(), long_ago),
//!     Err(CertificateError::NotYetValid(_)),
//! ));
//! # Ok(())
//! # }
//! ```
//!
//! # What a handshake looks like to others
//!
//! TLS 1.3 only, both sides show a certificate, no server name is sent, no session tickets are given or
//! kept (rustls skips the verifier when it resumes).
//!
//! # Limits and non-goals
//!
//! No certificate chains, no names, no revocation: libp2p has none.
//!
//! # Specs
//!
//! [libp2p/specs tls/tls.md](https://github.com/libp2p/specs/blob/master/tls/tls.md), RFC 5280, RFC 8446.
#![forbid(unsafe_code)]

mod certificate;
mod check;
mod config;
mod der;
mod error;
mod extension;
mod provider;
mod verdict;
mod verifier;
mod verify;

#[cfg(feature = "dangerous-testing")]
pub mod dangerous;

pub use certificate::{Certificate, GenerateError};
pub use check::{Report, check};
pub use config::{ClientTemplate, ConfigError, Options, ServerTemplate, server_name};
pub use error::{CertificateError, Rejection, Validity};
pub use provider::{default_provider, order_suites};
pub use rustls::{crypto::CryptoProvider, pki_types::UnixTime, time_provider::TimeProvider};
pub use verdict::Verdict;
pub use verify::{VerifiedPeer, verify};

/// The protocol name that libp2p negotiates with ALPN, on QUIC and as the last resort on TCP.
pub const ALPN: &[u8] = b"libp2p";
