//! Somebody who says hello in the name of others.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::IoSliceMut,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use rand::{SeedableRng as _, rngs::StdRng};
use sinew_identity::{KeyType, Keypair};
use sinew_runtime::{ReceivedMeta, UdpOptions, UdpSocket, UdpTransmit};
use sinew_simnet::Node;
use sinew_tls::{Certificate, Options, TimeProvider, UnixTime};

use crate::initial::Hello;

/// Somebody who sends from addresses that are not his, and what their owners get for it.
pub(crate) struct Spoof {
    socket: Arc<dyn UdpSocket>,
    sent: BTreeMap<IpAddr, usize>,
    received: BTreeMap<IpAddr, usize>,
    /// Datagrams in which an address has to be proven.
    pub(crate) retries: usize,
    /// What the victim calls those whose packets it has decrypted.
    pub(crate) answered: BTreeSet<Vec<u8>>,
}

impl Spoof {
    pub(crate) fn new(node: &Node) -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 4001));
        Self {
            socket: node.udp().bind(anywhere, UdpOptions::default()).unwrap(),
            sent: BTreeMap::new(),
            received: BTreeMap::new(),
            retries: 0,
            answered: BTreeSet::new(),
        }
    }

    pub(crate) fn send(&mut self, from: IpAddr, to: SocketAddr, datagram: &[u8]) {
        let transmit = UdpTransmit {
            remote: to,
            local_ip: Some(from),
            ecn: None,
            contents: datagram,
            segment_len: None,
        };
        self.socket.try_send(&transmit).unwrap();
        *self.sent.entry(from).or_default() += datagram.len();
    }

    pub(crate) fn listen(&mut self) {
        while let Some((meta, datagram)) = receive(&*self.socket) {
            *self.received.entry(meta.local_ip.unwrap()).or_default() += datagram.len();
            // [RFC 9000 §17.2] A long header has its type in two bits, and both ids behind the version.
            if datagram[0] & 0xb0 == 0xb0 {
                self.retries += 1;
            } else if datagram[0] & 0x80 != 0 {
                let at = 6 + usize::from(datagram[5]);
                let id = &datagram[at + 1..at + 1 + usize::from(datagram[at])];
                self.answered.insert(id.to_vec());
            }
        }
    }

    /// Takes what has come.
    pub(crate) fn take(&mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| receive(&*self.socket).map(|(_, datagram)| datagram)).collect()
    }

    pub(crate) fn assert_no_amplification(&self) {
        assert!(!self.received.is_empty(), "some were answered");
        for (owner, received) in &self.received {
            let sent = self.sent[owner];
            assert!(
                *received <= 3 * sent,
                "{owner}: {received} bytes for {sent}"
            );
        }
    }
}

/// Prepares to say hello by the rules.
pub(crate) fn hello() -> Hello {
    let mut rng = StdRng::seed_from_u64(99);
    let keypair = Keypair::generate(KeyType::Ed25519, &mut rng).unwrap();
    let wall = UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    let certificate = Certificate::generate(&keypair, &mut rng, wall).unwrap();
    let options = Options::quic(sinew_tls::default_provider(), Arc::new(NoClock));
    Hello::new(&certificate, &options, OWN)
}

/// Takes one datagram, if there is one.
fn receive(socket: &dyn UdpSocket) -> Option<(ReceivedMeta, Vec<u8>)> {
    let mut buffer = vec![0; 2048];
    let mut metas = [ReceivedMeta {
        remote: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        local_ip: None,
        ecn: None,
        len: 0,
        stride: 1,
    }];
    let taken = socket.try_recv(&mut [IoSliceMut::new(&mut buffer)], &mut metas);
    if taken.ok()? == 0 {
        return None;
    }
    buffer.truncate(metas[0].len);
    Some((metas[0], buffer))
}

/// One who says hello need not know what time it is.
#[derive(Debug)]
struct NoClock;

impl TimeProvider for NoClock {
    fn current_time(&self) -> Option<UnixTime> {
        None
    }
}

/// What they want to be called.
pub(crate) const OWN: &[u8] = b"stranger";
