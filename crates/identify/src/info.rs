//! What a peer says about itself.

use bytes::Bytes;
use sinew_identity::{PeerId, PublicKey, SignedEnvelope};
use sinew_multiaddr::{Address, Multiaddr, PeerRecord};
use sinew_transport::Protocol;

use crate::{RecordError, Violation, message::Identify};

/// What a peer says about itself. Nothing of it is proven but its key and its signed record.
///
/// A field that the peer did not send is empty; in a push that means that nothing changed
/// ([`update`](Self::update)). Collections are bounded: what is beyond is skipped, as are addresses and
/// protocols that nobody could use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The peer's key; it is that of the peer at the other end.
    pub public_key: Option<PublicKey>,
    /// The family of protocols that the peer belongs to, such as `ipfs/0.1.0`. Printable, at most
    /// [`MAX_TEXT_CHARS`](Self::MAX_TEXT_CHARS).
    pub protocol_version: Option<String>,
    /// The peer's program and its version. Printable, at most [`MAX_TEXT_CHARS`](Self::MAX_TEXT_CHARS).
    pub agent_version: Option<String>,
    /// The addresses that the peer listens on, of any kind, at most [`MAX_ADDRESSES`](Self::MAX_ADDRESSES).
    /// Those of the signed record when there is one.
    pub listen_addresses: Vec<Multiaddr>,
    /// Where the peer sees *us*.
    pub observed_address: Option<Multiaddr>,
    /// The protocols that the peer serves, at most [`MAX_PROTOCOLS`](Self::MAX_PROTOCOLS).
    pub protocols: Vec<Protocol>,
    /// The peer's addresses as signed by it; checked.
    pub peer_record: Option<PeerRecord>,
    /// The signed record as it came, to be passed on.
    pub signed_peer_record: Option<SignedEnvelope>,
    /// Why there is no record although the peer sent one.
    pub record_error: Option<RecordError>,
}

impl Info {
    /// The most addresses that are kept. 128: as many as a signed record may have.
    pub const MAX_ADDRESSES: usize = PeerRecord::MAX_ADDRESSES;
    /// The most protocols that are kept. 512: several times what the largest programs serve.
    pub const MAX_PROTOCOLS: usize = 512;
    /// The longest text that is kept, in characters.
    pub const MAX_TEXT_CHARS: usize = 256;

    /// Returns the addresses that this stack can dial, as those of `peer`.
    pub fn dialable_addresses(&self, peer: PeerId) -> impl Iterator<Item = Address> {
        self.listen_addresses
            .iter()
            .filter_map(|address| Address::try_from(address).ok())
            .filter(move |address| address.peer_id().is_none_or(|it| it == peer))
            .filter(Address::is_dialable)
            .map(move |address| address.with_peer(peer))
    }

    /// Returns where the peer sees us, if this stack understands it. Some peers name us in it, some name
    /// another transport; the peer id is left away.
    pub fn observed(&self) -> Option<Address> {
        let observed = self.observed_address.as_ref()?;
        Address::try_from(observed).ok().map(Address::without_peer)
    }

    /// Takes over what a push says; what it does not mention stays.
    pub fn update(&mut self, push: Self) {
        let Self {
            public_key,
            protocol_version,
            agent_version,
            listen_addresses,
            observed_address,
            protocols,
            peer_record,
            signed_peer_record,
            record_error,
        } = push;
        replace(&mut self.public_key, public_key);
        replace(&mut self.protocol_version, protocol_version);
        replace(&mut self.agent_version, agent_version);
        replace(&mut self.observed_address, observed_address);
        if !protocols.is_empty() {
            self.protocols = protocols;
        }
        let is_stale = |new: &PeerRecord| {
            let old = self.peer_record.as_ref();
            old.is_some_and(|old| old.seq > new.seq)
        };
        if peer_record.as_ref().is_some_and(is_stale) {
            return;
        }
        if !listen_addresses.is_empty() {
            self.listen_addresses = listen_addresses;
        }
        replace(&mut self.peer_record, peer_record);
        replace(&mut self.signed_peer_record, signed_peer_record);
        self.record_error = record_error;
    }

    /// Adds what one of the peer's messages says.
    pub(crate) fn merge(&mut self, message: Identify, peer: PeerId) -> Result<(), Violation> {
        if let Some(key) = message.public_key.filter(|key| !key.is_empty()) {
            let key = PublicKey::from_protobuf(&key)?;
            let actual = key.to_peer_id();
            if actual != peer {
                let expected = peer;
                return Err(Violation::KeyOfAnother { expected, actual });
            }
            self.public_key = Some(key);
        }
        replace(&mut self.protocol_version, text(message.protocol_version));
        replace(&mut self.agent_version, text(message.agent_version));
        let observed = message.observed_addr;
        replace(
            &mut self.observed_address,
            observed.and_then(|bytes| Multiaddr::from_bytes(&bytes).ok()),
        );
        let room = Self::MAX_PROTOCOLS.saturating_sub(self.protocols.len());
        let protocols = message.protocols.iter().filter_map(protocol);
        self.protocols.extend(protocols.take(room));
        let room = Self::MAX_ADDRESSES.saturating_sub(self.listen_addresses.len());
        let addresses = message.listen_addrs.iter();
        let addresses = addresses.filter_map(|bytes| Multiaddr::from_bytes(bytes).ok());
        // [identify §signedPeerRecord] What is signed takes the place of what is not.
        if self.peer_record.is_none() {
            self.listen_addresses.extend(addresses.take(room));
        }
        if let Some(envelope) = message.signed_peer_record.filter(|it| !it.is_empty()) {
            match open(&envelope, peer) {
                Ok((envelope, record)) => {
                    self.listen_addresses.clone_from(&record.addresses);
                    self.peer_record = Some(record);
                    self.signed_peer_record = Some(envelope);
                    self.record_error = None;
                }
                Err(error) => self.record_error = Some(error),
            }
        }
        Ok(())
    }
}

fn open(bytes: &[u8], expected: PeerId) -> Result<(SignedEnvelope, PeerRecord), RecordError> {
    let envelope = SignedEnvelope::from_protobuf(bytes)?;
    let record = PeerRecord::open(&envelope)?;
    let actual = record.peer_id;
    if actual != expected {
        return Err(RecordError::OfAnother { expected, actual });
    }
    Ok((envelope, record))
}

fn protocol(name: &Bytes) -> Option<Protocol> {
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// Makes text fit to be printed: a peer could write to a terminal with it.
fn text(bytes: Option<Bytes>) -> Option<String> {
    let bytes = bytes.filter(|bytes| !bytes.is_empty())?;
    let text = String::from_utf8_lossy(&bytes);
    let printable = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    Some(
        text.chars()
            .take(Info::MAX_TEXT_CHARS)
            .map(printable)
            .collect(),
    )
}

fn replace<T>(field: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *field = new;
    }
}
