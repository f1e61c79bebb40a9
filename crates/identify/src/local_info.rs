//! What this host says about itself.

use bytes::Bytes;
use prost::Message as _;
use sinew_identity::{PublicKey, SignedEnvelope};
use sinew_multiaddr::Address;
use sinew_transport::Protocol;

use crate::message::Identify;

/// What this host says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalInfo {
    /// This host's key.
    pub public_key: PublicKey,
    /// The family of protocols that this host belongs to, such as `ipfs/0.1.0`.
    pub protocol_version: String,
    /// The program and its version, `name/version`.
    pub agent_version: String,
    /// Where this host can be dialed; the most useful ones first, for those that do not fit are left away.
    pub listen_addresses: Vec<Address>,
    /// What this host serves.
    pub protocols: Vec<Protocol>,
    /// The addresses, signed, for others to pass on.
    pub signed_peer_record: Option<SignedEnvelope>,
}

impl LocalInfo {
    /// The longest message that is sent, in bytes. 4,096: some peers refuse longer ones.
    pub const MAX_LEN: usize = 4096;

    /// Returns what is written to a peer that is seen at `observed`: the message behind its length.
    ///
    /// What makes it longer than [`MAX_LEN`](Self::MAX_LEN) is left away: first the signed record, then the last
    /// addresses, then the last protocols.
    pub fn encode(&self, observed: Option<&Address>) -> Bytes {
        let mut message = self.message(observed);
        if message.encoded_len() > Self::MAX_LEN {
            message.signed_peer_record = None;
        }
        while message.encoded_len() > Self::MAX_LEN && message.listen_addrs.pop().is_some() {}
        while message.encoded_len() > Self::MAX_LEN && message.protocols.pop().is_some() {}
        message.encode_length_delimited_to_vec().into()
    }

    fn message(&self, observed: Option<&Address>) -> Identify {
        let listen_addrs = self.listen_addresses.iter();
        let protocols = self.protocols.iter();
        let record = self.signed_peer_record.as_ref();
        Identify {
            public_key: Some(self.public_key.to_protobuf().into()),
            listen_addrs: listen_addrs.map(|it| it.to_bytes().into()).collect(),
            protocols: protocols
                .map(|it| Bytes::copy_from_slice(it.as_str().as_bytes()))
                .collect(),
            observed_addr: observed.map(|it| it.clone().without_peer().to_bytes().into()),
            protocol_version: Some(short(&self.protocol_version)),
            agent_version: Some(short(&self.agent_version)),
            signed_peer_record: record.map(|it| it.to_protobuf().into()),
        }
    }
}

/// The texts are ours, but a long one must not crowd out the rest.
fn short(text: &str) -> Bytes {
    text.chars().take(MAX_TEXT_CHARS).collect::<String>().into()
}

const MAX_TEXT_CHARS: usize = 128;
