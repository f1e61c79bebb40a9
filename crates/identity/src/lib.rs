//! Keys, peer ids and signed envelopes of libp2p.
//!
//! Layer 0: nothing of this project is below it. Above it are [`PeerId`]s in addresses, keys in the
//! TLS and Noise handshakes, and envelopes around peer records.
//!
//! # The mental model
//!
//! A peer is its private key. Whoever holds the [`Keypair`] is the peer, whatever machine or address
//! it is at; everybody else knows it by the [`PeerId`], which follows from the [`PublicKey`].
//!
//! ```text
//! Keypair ──public()──► PublicKey ──to_peer_id()──► PeerId   12D3KooW… (the key itself, if short)
//!    │                      │                                Qm…       (a hash of it, if long)
//!  sign(message)      verify(message, signature)
//! ```
//!
//! Ed25519 is the type to choose. secp256k1 and ECDSA P-256 are generated and used as well; RSA keys
//! are verified with, and signed with when they are imported, but never generated.
//!
//! A [`SignedEnvelope`] holds bytes that others pass on, with a signature that holds for one purpose
//! alone.
//!
//! ```
//! use sinew_identity::{Keypair, PeerId, SignedEnvelope};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let alice = Keypair::ed25519_from_secret([7; 32]);
//! let name: PeerId = alice.peer_id().to_string().parse()?;
//! assert_eq!(name, alice.public().to_peer_id());
//!
//! let signature = alice.sign(b"hello")?;
//! alice.public().verify(b"hello", &signature)?;
//!
//! let envelope = SignedEnvelope::seal(&alice, "my-purpose", b"/my/type", b"payload")?;
//! let received = SignedEnvelope::from_protobuf(&envelope.to_protobuf())?;
//! let opened = received.open("my-purpose", b"/my/type")?;
//! assert_eq!((opened.signer.to_peer_id(), opened.payload), (name, &b"payload"[..]));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `os` (default): keys from the randomness of the operating system (`Keypair::generate_ed25519`)
//!   and key files (`key_file`). Without it the crate is pure: it draws no randomness, opens no
//!   file and reads no clock.
//! - `serde`: a [`PeerId`] in serde's formats.
//!
//! # Limits and non-goals
//!
//! - RSA keys have 2048 to 8192 bits to verify and 2048 to 4096 to sign: the limits of ring. Others
//!   are refused by their length, before any arithmetic. ECDSA keys lie on P-256.
//! - An encoded key has at most 16 KiB, an envelope [`SignedEnvelope::MAX_LEN`], a peer id as text 128
//!   characters; longer input is refused unread.
//! - A signature is a function of key and message, for every type.
//! - For secp256k1, the higher of the two signatures that are mathematically valid is refused, as
//!   rust-libp2p and js-libp2p do; for ECDSA both are accepted, since go-libp2p makes both.
//! - Private keys are wiped from memory when they are dropped. What the cryptographic libraries
//!   leave on the stack, and ring's working form of an RSA key, are not.
//! - Nothing is encrypted: a key file is protected by its permissions alone.
//!
//! # Specifications
//!
//! [Peer ids and keys], [signed envelopes].
//!
//! [Peer ids and keys]: https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
//! [signed envelopes]: https://github.com/libp2p/specs/blob/master/RFC/0002-signed-envelopes.md
#![forbid(unsafe_code)]

mod ecdsa;
mod ed25519;
mod envelope;
#[cfg(feature = "os")]
pub mod key_file;
mod key_message;
mod key_type;
mod keypair;
mod peer_id;
mod public_key;
mod rsa;
mod secp256k1;
mod wire;

pub use envelope::{EnvelopeError, OpenError, Opened, SealError, SignedEnvelope};
pub use key_message::DecodeError;
pub use key_type::{KeyType, ParseKeyTypeError};
pub use keypair::{GenerateError, Keypair, SignError};
pub use peer_id::{PeerId, PeerIdError};
pub use public_key::{PublicKey, SignatureError};
pub use wire::WireError;
pub use zeroize::Zeroizing;
