//! Two hosts and what lies between them.

use std::{fmt, time::Duration};

use sinew::{Address, Host, HostBuilder, PeerId, Stream, quic, tcp};
use sinew_simnet::{Link, Node, World};
use sinew_testkit::Seed;

use super::{
    Error,
    transfer::{self, Traces},
};

/// What a connection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Quic,
    Tcp,
}

/// A world with two nodes.
pub(super) struct Lab {
    pub(super) world: World,
    /// It dials.
    pub(super) near: Node,
    /// It listens.
    pub(super) far: Node,
}

/// Two hosts that are connected.
pub(super) struct Pair {
    /// The one that dialed.
    pub(super) near: Host,
    pub(super) far: Host,
    /// The far host's name.
    pub(super) peer: PeerId,
    /// Where the far host listens.
    pub(super) address: Address,
    /// What the far host was sent.
    pub(super) traces: Traces,
}

impl Carrier {
    pub(super) const ALL: [Self; 2] = [Self::Quic, Self::Tcp];

    pub(super) fn at(self, node: &Node) -> Address {
        let place = (node.ipv4(), PORT).into();
        match self {
            Self::Quic => Address::quic(place),
            Self::Tcp => Address::tcp(place),
        }
    }
}

impl Lab {
    pub(super) fn new(link: Link) -> Self {
        let world = World::new(Seed::new(1));
        world.set_default_link(link);
        let (near, far) = (world.node("near"), world.node("far"));
        Self { world, near, far }
    }

    /// Starts both hosts with the default settings, and connects them. The near one does not listen.
    pub(super) async fn connect(&self, carrier: Carrier) -> Result<Pair, Error> {
        self.connect_with(carrier, self.near.host(), self.far.host())
            .await
    }

    pub(super) async fn connect_with(
        &self,
        carrier: Carrier,
        near: HostBuilder,
        far: HostBuilder,
    ) -> Result<Pair, Error> {
        let near = near.start().await?;
        let (far, traces) = start(far, carrier.at(&self.far)).await?;
        let peer = far.peer_id();
        let address = carrier.at(&self.far).with_peer(peer);
        near.connect(address.clone()).await?;
        // Identify and the search for the MTU are done.
        self.world.sleep(SETTLED).await;
        Ok(Pair {
            near,
            far,
            peer,
            address,
            traces,
        })
    }
}

/// Starts a host that listens, echoes, takes and gives.
pub(super) async fn start(builder: HostBuilder, address: Address) -> Result<(Host, Traces), Error> {
    let host = builder.listen(address).start().await?;
    host.serve(ECHO, |mut stream: Stream| async move {
        stream.copy_back().await
    });
    let traces = transfer::serve(&host);
    Ok((host, traces))
}

/// Makes a builder for hosts whose QUIC has other settings than the default ones.
pub(super) fn with_quic(
    node: &Node,
    change: impl FnOnce(&mut sinew_quic_proto::Config),
) -> HostBuilder {
    let mut config = quic::Config::default();
    change(&mut config.protocol);
    node.host_with(config, tcp::Config::default())
}

/// Asks a peer that echoes, with a stream of its own, and returns when the answer is there.
pub(super) async fn ask(host: &Host, peer: PeerId, request: &[u8]) -> Result<(), Error> {
    let mut stream = host.open_stream(peer, ECHO).await?;
    stream.write_all(request).await?;
    stream.finish()?;
    let mut answer = Vec::new();
    while let Some(bytes) = stream.read_bytes().await? {
        answer.extend_from_slice(&bytes);
    }
    if answer == request {
        return Ok(());
    }
    let (sent, arrived) = (request.len() as u64, answer.len() as u64);
    Err(Error::WrongLength { sent, arrived })
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Quic => "QUIC",
            Self::Tcp => "TCP",
        })
    }
}

pub(super) const ECHO: &str = "/sim/echo/1";

const PORT: u16 = 4001;

const SETTLED: Duration = Duration::from_secs(3);
