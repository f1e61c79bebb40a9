//! A peer that is not ours: plain snow with its own ciphers, and payloads made by hand.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sinew_identity::Keypair;
use sinew_noise_proto::{Error, Event, Message};
use sinew_sans_io::{Machine as _, Role};
use snow::{
    Builder, HandshakeState,
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::{CryptoResolver, DefaultResolver, FallbackResolver},
    types,
};

use crate::pair::{dialer, hear, host, listener, output};

/// One side of a handshake.
pub(crate) struct Foreign {
    pub(crate) state: HandshakeState,
    pub(crate) static_key: Vec<u8>,
}

impl Foreign {
    pub(crate) fn new(role: Role) -> Self {
        Self::with(role, Parts { is_hollow: false })
    }

    /// A peer whose static key is of low order: nothing, shared with everybody.
    pub(crate) fn hollow(role: Role) -> Self {
        Self::with(role, Parts { is_hollow: true })
    }

    fn with(role: Role, parts: Parts) -> Self {
        let is_hollow = parts.is_hollow;
        let resolver = FallbackResolver::new(Box::new(parts), Box::new(DefaultResolver));
        let params = "Noise_XX_25519_ChaChaPoly_SHA256".parse().unwrap();
        let builder = Builder::with_resolver(params, Box::new(resolver));
        let keypair = builder.generate_keypair().unwrap();
        let builder = builder.local_private_key(&keypair.private).unwrap();
        let state = match role {
            Role::Dialer => builder.build_initiator(),
            Role::Listener => builder.build_responder(),
        };
        Self {
            state: state.unwrap(),
            static_key: if is_hollow {
                vec![0; 32]
            } else {
                keypair.public
            },
        }
    }

    pub(crate) fn write(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut message = vec![0; 65_535];
        let len = self.state.write_message(payload, &mut message).unwrap();
        message.truncate(len);
        framed(&message)
    }

    pub(crate) fn read(&mut self, message: &[u8]) -> Vec<u8> {
        let mut payload = vec![0; 65_535];
        let len = self
            .state
            .read_message(&message[2..], &mut payload)
            .unwrap();
        payload.truncate(len);
        payload
    }

    /// What a dialer and a listener of ours make of a peer whose payload is what `payload` makes for its
    /// static key.
    pub(crate) fn says(payload: impl Fn(&[u8]) -> Vec<u8>) -> [(Message, Result<Event, Error>); 2] {
        let mut peer = Self::new(Role::Listener);
        let mut ours = dialer(&host(1));
        peer.read(&output(&mut ours));
        let second = peer.write(&payload(&peer.static_key));
        let second = hear(&mut ours, &second).map(|_| ours.poll_event().unwrap());

        let mut peer = Self::new(Role::Dialer);
        let mut ours = listener(&host(1));
        hear(&mut ours, &peer.write(&[])).unwrap();
        peer.read(&output(&mut ours));
        let third = peer.write(&payload(&peer.static_key));
        let third = hear(&mut ours, &third).map(|_| ours.poll_event().unwrap());

        [(Message::Second, second), (Message::Third, third)]
    }

    /// The key of the peer.
    pub(crate) fn keypair() -> Keypair {
        Keypair::ed25519_from_secret([99; 32])
    }

    /// A payload that is as it should be.
    // [noise §The libp2p Handshake Payload]
    pub(crate) fn good(static_key: &[u8]) -> Vec<u8> {
        payload(&Self::keypair(), static_key)
    }
}

/// A payload that proves that `static_key` belongs to `keypair`.
pub(crate) fn payload(keypair: &Keypair, static_key: &[u8]) -> Vec<u8> {
    let signed = [b"noise-libp2p-static-key:", static_key].concat();
    let key = field(1, &keypair.public().to_protobuf());
    let signature = field(2, &keypair.sign(&signed).unwrap());
    [key, signature].concat()
}

/// A field of bytes, as protobuf has it.
pub(crate) fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = varint(number << 3 | 2);
    bytes.extend(varint(content.len().try_into().unwrap()));
    bytes.extend_from_slice(content);
    bytes
}

/// `message` behind its length.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let len = u16::try_from(message.len()).unwrap();
    [&len.to_be_bytes()[..], message].concat()
}

fn varint(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// What the peer has instead of snow's: chance that can be repeated and, if wanted, a key of low order.
struct Parts {
    is_hollow: bool,
}

impl CryptoResolver for Parts {
    fn resolve_rng(&self) -> Option<Box<dyn types::Random>> {
        Some(Box::new(Chance(StdRng::seed_from_u64(7))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn types::Dh>> {
        let inner = DefaultResolver.resolve_dh(choice)?;
        let is_static = false;
        self.is_hollow
            .then(|| Box::new(Hollow { inner, is_static }) as Box<_>)
    }

    fn resolve_hash(&self, _choice: &HashChoice) -> Option<Box<dyn types::Hash>> {
        None
    }

    fn resolve_cipher(&self, _choice: &CipherChoice) -> Option<Box<dyn types::Cipher>> {
        None
    }
}

struct Chance(StdRng);

impl types::Random for Chance {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

/// A key pair that is what it should be as an ephemeral one and all zeros as a static one.
struct Hollow {
    inner: Box<dyn types::Dh>,
    is_static: bool,
}

impl types::Dh for Hollow {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn pub_len(&self) -> usize {
        self.inner.pub_len()
    }

    fn priv_len(&self) -> usize {
        self.inner.priv_len()
    }

    fn set(&mut self, secret: &[u8]) {
        self.inner.set(secret);
        self.is_static = true;
    }

    fn generate(&mut self, rng: &mut dyn types::Random) -> Result<(), snow::Error> {
        self.inner.generate(rng)
    }

    fn pubkey(&self) -> &[u8] {
        if self.is_static {
            return &[0; 32];
        }
        self.inner.pubkey()
    }

    fn privkey(&self) -> &[u8] {
        self.inner.privkey()
    }

    fn dh(&self, public: &[u8], out: &mut [u8]) -> Result<(), snow::Error> {
        if self.is_static {
            out[..32].fill(0);
            return Ok(());
        }
        self.inner.dh(public, out)
    }
}
