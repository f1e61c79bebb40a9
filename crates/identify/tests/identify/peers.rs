//! Two peers with a stream between them.

use bytes::Bytes;
use prost::Message as _;
use sinew_identify::LocalInfo;
use sinew_identity::Keypair;
use sinew_multiaddr::{Address, PeerRecord};
use sinew_runtime::Runtime;
use sinew_transport::{Protocol, Stream, memory::MemoryPair};

/// The asking and the answering end of a stream.
pub(crate) struct Streams {
    pub(crate) dialer: Stream,
    pub(crate) listener: Stream,
}

/// The wire message, written down a second time so that a wrong tag in the first would show.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Message {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub(crate) public_key: Option<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub(crate) listen_addrs: Vec<Vec<u8>>,
    #[prost(string, repeated, tag = "3")]
    pub(crate) protocols: Vec<String>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) observed_addr: Option<Vec<u8>>,
    #[prost(string, optional, tag = "5")]
    pub(crate) protocol_version: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(crate) agent_version: Option<String>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub(crate) signed_peer_record: Option<Vec<u8>>,
}

pub(crate) fn alice() -> Keypair {
    Keypair::ed25519_from_secret([1; 32])
}

pub(crate) fn bob() -> Keypair {
    Keypair::ed25519_from_secret([2; 32])
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// What Bob says about himself.
pub(crate) fn bobs_info() -> LocalInfo {
    let listen_addresses = vec![
        address("/ip4/192.0.2.2/udp/4001/quic-v1"),
        address("/ip6/2001:db8::2/tcp/4001"),
    ];
    let record = PeerRecord {
        peer_id: bob().peer_id(),
        seq: 7,
        addresses: listen_addresses.iter().map(Into::into).collect(),
    };
    LocalInfo {
        public_key: bob().public(),
        protocol_version: "ipfs/0.1.0".into(),
        agent_version: "bob/1.2.3".into(),
        listen_addresses,
        protocols: vec![
            sinew_identify::PROTOCOL,
            Protocol::from_static("/echo/1.0.0"),
        ],
        signed_peer_record: Some(record.seal(&bob()).unwrap()),
    }
}

impl Streams {
    /// Alice dials Bob and opens a stream for `protocol`.
    pub(crate) async fn open(protocol: Protocol) -> Self {
        let pair = MemoryPair::new(&Runtime::tokio(), alice().peer_id(), bob().peer_id());
        let (dialer, listener) = pair.stream(protocol).await.unwrap();
        Self { dialer, listener }
    }
}

/// Lets Bob say `messages`, each behind its length, and returns what Alice makes of them.
pub(crate) async fn told(
    messages: &[Message],
) -> Result<sinew_identify::Info, sinew_identify::IdentifyError> {
    let encoded = messages.iter().map(Message::encode_length_delimited_to_vec);
    told_bytes(encoded.flatten().collect::<Vec<_>>()).await
}

/// Lets Bob say `bytes` and end, and returns what Alice makes of them.
pub(crate) async fn told_bytes(
    bytes: Vec<u8>,
) -> Result<sinew_identify::Info, sinew_identify::IdentifyError> {
    let Streams {
        dialer,
        mut listener,
    } = Streams::open(sinew_identify::PROTOCOL).await;
    let say = async {
        // Alice may hang up in the middle.
        listener.write_bytes(Bytes::from(bytes)).await.ok();
        listener.finish().ok();
    };
    let ((), info) = tokio::join!(say, sinew_identify::ask(dialer));
    info
}
