//! Keys, peer ids and signed envelopes of libp2p.
#![forbid(unsafe_code)]

mod ecdsa;
mod ed25519;
mod envelope;
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
