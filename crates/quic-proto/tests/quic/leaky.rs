//! Cryptography that lets its keys out.

use std::{
    any::Any,
    sync::{Arc, Mutex},
};

use bytes::BytesMut;
use quinn_proto::{
    ConnectError, ConnectionId, Side, TransportError,
    crypto::{
        self, CryptoError, ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey, Session,
        UnsupportedVersion,
        rustls::{QuicClientConfig, QuicServerConfig},
    },
    transport_parameters::TransportParameters,
};

/// The keys of a connection, as far as there are any: those of its handshake, then those of all that follows.
#[derive(Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Vec<Leaked>>>);

/// Ours and the victim's.
pub(crate) struct Leaked {
    pub(crate) header: [Arc<dyn HeaderKey>; 2],
    pub(crate) packet: [Arc<dyn PacketKey>; 2],
}

impl Slot {
    /// Uses the newest keys.
    pub(crate) fn last<T>(&self, job: impl FnOnce(&Leaked) -> T) -> T {
        job(self.0.lock().unwrap().last().unwrap())
    }

    /// Uses the keys of the handshake, if there are any yet.
    pub(crate) fn handshake<T>(&self, job: impl FnOnce(&Leaked) -> T) -> Option<T> {
        self.0.lock().unwrap().first().map(job)
    }

    pub(crate) fn has_last(&self) -> bool {
        self.0.lock().unwrap().len() == 2
    }
}

impl Leaked {
    /// Makes a packet with a short header and a number of four bytes.
    // [RFC 9000 §17.3.1]
    pub(crate) fn seal_short(&self, cid: &[u8], number: u64, frames: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x43];
        packet.extend(cid);
        let number_at = packet.len();
        packet.extend(u32::try_from(number).unwrap().to_be_bytes());
        let header_len = packet.len();
        packet.extend(frames);
        // A header is protected with a sample of what follows it; zeros are PADDING.
        packet.resize(packet.len().max(header_len + 4), 0);
        self.seal(number, number_at, header_len, packet)
    }

    /// Opens the peer's packet with a short header, and returns its number and its frames. `own_cid_len` is how
    /// long what it calls us is, `largest` the largest number that it has used.
    pub(crate) fn open_short(
        &self,
        own_cid_len: usize,
        largest: u64,
        datagram: &[u8],
    ) -> Option<(u64, BytesMut)> {
        let number_at = 1 + own_cid_len;
        if datagram[0] & 0x80 != 0 || datagram.len() < number_at + 20 {
            return None;
        }
        let mut packet = datagram.to_vec();
        self.header[1].decrypt(number_at, &mut packet);
        let len = usize::from(packet[0] & 3) + 1;
        let header_len = number_at + len;
        let bytes = packet[number_at..header_len].iter();
        let end = bytes.fold(0, |number, byte| number << 8 | u64::from(*byte));
        // [RFC 9000 §17.1] The end of the number that is nearest to what is next. Nothing is reordered here.
        let next = largest + 1;
        let number = next + end.wrapping_sub(next) % (1 << (8 * len));
        let mut payload = BytesMut::from(&packet[header_len..]);
        let header = &packet[..header_len];
        self.packet[1].decrypt(number, header, &mut payload).ok()?;
        Some((number, payload))
    }

    /// Opens one of our own packets with a long header, and makes another one with more frames behind its own.
    // [RFC 9000 §17.2]
    pub(crate) fn seal_more(&self, packet: &[u8], number_at: usize, frames: &[u8]) -> Vec<u8> {
        let mut packet = packet.to_vec();
        self.header[0].decrypt(number_at, &mut packet);
        let header_len = number_at + usize::from(packet[0] & 3) + 1;
        let bytes = packet[number_at..header_len].iter();
        let number = bytes.fold(0, |number, byte| number << 8 | u64::from(*byte));
        let mut payload = BytesMut::from(&packet[header_len..]);
        packet.truncate(header_len);
        self.packet[0]
            .decrypt(number, &packet, &mut payload)
            .unwrap();
        packet.extend(payload);
        packet.extend(frames);
        let len = packet.len() + self.packet[0].tag_len() - number_at;
        let field = u16::try_from(len).unwrap() | 0x4000;
        packet[number_at - 2..number_at].copy_from_slice(&field.to_be_bytes());
        self.seal(number, number_at, header_len, packet)
    }

    fn seal(&self, number: u64, number_at: usize, header_len: usize, packet: Vec<u8>) -> Vec<u8> {
        let mut packet = packet;
        packet.resize(packet.len() + self.packet[0].tag_len(), 0);
        self.packet[0].encrypt(number, &mut packet, header_len);
        self.header[0].encrypt(number_at, &mut packet);
        packet
    }
}

/// A cryptographic configuration that does not keep its secrets.
pub(crate) struct LeakyClient {
    inner: Arc<QuicClientConfig>,
    keys: Slot,
    /// Transport parameters that it has besides its own.
    more: Vec<u8>,
}

/// The same for those who listen.
pub(crate) struct LeakyServer {
    inner: Arc<QuicServerConfig>,
    keys: Slot,
}

struct LeakySession {
    inner: Box<dyn Session>,
    keys: Slot,
}

struct SharedHeaderKey(Arc<dyn HeaderKey>);

struct SharedPacketKey(Arc<dyn PacketKey>);

impl LeakyClient {
    pub(crate) fn new(inner: Arc<QuicClientConfig>, keys: Slot) -> Self {
        Self {
            inner,
            keys,
            more: Vec::new(),
        }
    }

    /// Says these transport parameters too, which have to keep the rules.
    #[allow(dead_code, reason = "attackers of whole hosts use it")]
    pub(crate) fn with_parameters(mut self, more: &[u8]) -> Self {
        self.more = more.to_vec();
        self
    }
}

impl LeakyServer {
    pub(crate) fn new(inner: Arc<QuicServerConfig>, keys: Slot) -> Self {
        Self { inner, keys }
    }
}

impl crypto::ServerConfig for LeakyServer {
    fn start_session(
        self: Arc<Self>,
        version: u32,
        params: &TransportParameters,
    ) -> Box<dyn Session> {
        Box::new(LeakySession {
            inner: self.inner.clone().start_session(version, params),
            keys: self.keys.clone(),
        })
    }

    fn initial_keys(
        &self,
        version: u32,
        dst_cid: &ConnectionId,
    ) -> Result<Keys, UnsupportedVersion> {
        self.inner.initial_keys(version, dst_cid)
    }

    fn retry_tag(&self, version: u32, orig_dst_cid: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        self.inner.retry_tag(version, orig_dst_cid, packet)
    }
}

impl crypto::ClientConfig for LeakyClient {
    fn start_session(
        self: Arc<Self>,
        version: u32,
        server_name: &str,
        params: &TransportParameters,
    ) -> Result<Box<dyn Session>, ConnectError> {
        let inner = self.inner.clone();
        let mut said = Vec::new();
        params.write(&mut said);
        said.extend(&self.more);
        let params = TransportParameters::read(Side::Server, &mut &said[..]).unwrap();
        Ok(Box::new(LeakySession {
            inner: inner.start_session(version, server_name, &params)?,
            keys: self.keys.clone(),
        }))
    }
}

impl Session for LeakySession {
    fn initial_keys(&self, dst_cid: &ConnectionId, side: Side) -> Keys {
        self.inner.initial_keys(dst_cid, side)
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        self.inner.handshake_data()
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        self.inner.peer_identity()
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        self.inner.early_crypto()
    }

    fn early_data_accepted(&self) -> Option<bool> {
        self.inner.early_data_accepted()
    }

    fn is_handshaking(&self) -> bool {
        self.inner.is_handshaking()
    }

    fn read_handshake(&mut self, buf: &[u8]) -> Result<bool, TransportError> {
        self.inner.read_handshake(buf)
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        self.inner.transport_parameters()
    }

    fn write_handshake(&mut self, buf: &mut Vec<u8>) -> Option<Keys> {
        let Keys { header, packet } = self.inner.write_handshake(buf)?;
        let leaked = Leaked {
            header: [Arc::from(header.local), Arc::from(header.remote)],
            packet: [Arc::from(packet.local), Arc::from(packet.remote)],
        };
        let keys = Keys {
            header: KeyPair {
                local: Box::new(SharedHeaderKey(leaked.header[0].clone())),
                remote: Box::new(SharedHeaderKey(leaked.header[1].clone())),
            },
            packet: KeyPair {
                local: Box::new(SharedPacketKey(leaked.packet[0].clone())),
                remote: Box::new(SharedPacketKey(leaked.packet[1].clone())),
            },
        };
        self.keys.0.lock().unwrap().push(leaked);
        Some(keys)
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        self.inner.next_1rtt_keys()
    }

    fn is_valid_retry(&self, orig_dst_cid: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        self.inner.is_valid_retry(orig_dst_cid, header, payload)
    }

    fn export_keying_material(
        &self,
        output: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.inner.export_keying_material(output, label, context)
    }
}

impl HeaderKey for SharedHeaderKey {
    fn decrypt(&self, pn_offset: usize, packet: &mut [u8]) {
        self.0.decrypt(pn_offset, packet);
    }

    fn encrypt(&self, pn_offset: usize, packet: &mut [u8]) {
        self.0.encrypt(pn_offset, packet);
    }

    fn sample_size(&self) -> usize {
        self.0.sample_size()
    }
}

impl PacketKey for SharedPacketKey {
    fn encrypt(&self, packet: u64, buf: &mut [u8], header_len: usize) {
        self.0.encrypt(packet, buf, header_len);
    }

    fn decrypt(
        &self,
        packet: u64,
        header: &[u8],
        payload: &mut BytesMut,
    ) -> Result<(), CryptoError> {
        self.0.decrypt(packet, header, payload)
    }

    fn tag_len(&self) -> usize {
        self.0.tag_len()
    }

    fn confidentiality_limit(&self) -> u64 {
        self.0.confidentiality_limit()
    }

    fn integrity_limit(&self) -> u64 {
        self.0.integrity_limit()
    }
}
