//! The limits of streams, as they are by default, over transports that have limits of their own.

use std::sync::Arc;

use sinew::{
    Address, Event, Events, Host, HostBuilder, Limit, LimitExceeded, ReadError, ReadToEndError,
    Stream, StreamCode, WriteError,
};
use sinew_runtime::Watched;
use sinew_simnet::Node;

use crate::fixture::{RTT, apart, echo, quic_at, start_with, tcp_at};

#[test]
fn two_hundred_streams_of_one_protocol_at_once_are_ordinary() {
    each_transport(Room::Default, async |lab| {
        lab.hold(HOLDS[0], 200).await;

        let answer = echo(&lab.ours, lab.theirs.peer_id(), b"me too").await;

        assert_eq!(answer, b"me too");
    });
}

#[test]
fn as_many_streams_of_one_protocol_are_served_as_it_may_have_and_others_after_them() {
    each_transport(Room::More, async |lab| {
        lab.hold(HOLDS[0], 256).await;

        let told = lab.refused(HOLDS[0]).await;

        assert_eq!(told.limit, Limit::InboundStreamsPerProtocol);
        assert_eq!(
            told.to_string(),
            "limit max_inbound_streams_per_protocol of this host is reached: 256 of 256 in use; \
             `Limits::max_inbound_streams_per_protocol` raises it"
        );
        let answer = echo(&lab.ours, lab.theirs.peer_id(), b"me too").await;
        assert_eq!(answer, b"me too");
    });
}

/// By default the transports allow less than the host, so that this limit is for those that were given more.
#[test]
fn as_many_streams_are_served_as_a_connection_may_have_where_the_transport_allows_more() {
    each_transport(Room::More, async |lab| {
        for protocol in HOLDS {
            lab.hold(protocol, 256).await;
        }

        let told = lab.refused("/echo/1").await;

        assert_eq!(told.limit, Limit::InboundStreamsPerConnection);
        assert_eq!(
            told.to_string(),
            "limit max_inbound_streams_per_connection of this host is reached: 1024 of 1024 in use; \
             `Limits::max_inbound_streams_per_connection` raises it"
        );
    });
}

/// How many streams transports allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Default,
    /// More than the host does.
    More,
}

impl Room {
    fn host(self, node: &Node) -> HostBuilder {
        let (mut quic, mut tcp) = (sinew::quic::Config::default(), sinew_tcp::Config::default());
        if self == Self::More {
            quic.protocol.max_streams = MORE;
            let yamux = &mut tcp.protocol.yamux;
            yamux.max_inbound_streams = MORE;
            yamux.max_outbound_streams = MORE;
        }
        node.host_with(quic, tcp)
    }
}

struct Lab {
    ours: Host,
    theirs: Host,
    events: Events,
    held: Vec<Stream>,
}

fn each_transport(room: Room, test: impl AsyncFn(&mut Lab)) {
    for at in [quic_at, tcp_at] as [fn(&Node) -> Address; 2] {
        let (world, alice, bob) = apart();
        world.block_on(async {
            let theirs = start_with(room.host(&bob), [at(&bob)]).await;
            let is_over = Arc::new(Watched::new(false));
            for protocol in HOLDS {
                let over = is_over.clone();
                theirs.serve(protocol, move |mut stream: Stream| {
                    let over = over.clone();
                    async move {
                        let mut byte = [0];
                        if stream.read_exact(&mut byte).await.is_ok() {
                            stream.write_all(&byte).await.ok();
                            over.wait_for(|it| it.then_some(())).await;
                        }
                    }
                });
            }
            let ours = room.host(&alice).start().await.unwrap();
            ours.connect(theirs.listen_addresses().remove(0))
                .await
                .unwrap();
            // Identify is done.
            world.sleep(20 * RTT).await;
            let mut lab = Lab {
                ours,
                events: theirs.events(),
                theirs,
                held: Vec::new(),
            };

            test(&mut lab).await;

            // All of them are given back.
            is_over.set(true);
            lab.held.clear();
            world.sleep(20 * RTT).await;
            assert_eq!(lab.theirs.swarm().usage().streams, 0);
            let answer = echo(&lab.ours, lab.theirs.peer_id(), b"again").await;
            assert_eq!(answer, b"again");
        });
    }
}

impl Lab {
    /// Holds so many streams more, all of them served.
    async fn hold(&mut self, protocol: &'static str, count: u32) {
        for _ in 0..count {
            let peer = self.theirs.peer_id();
            let mut stream = self.ours.open_stream(peer, protocol).await.unwrap();
            stream.write_all(b"x").await.unwrap();
            stream.read_exact(&mut [0]).await.unwrap();
            self.held.push(stream);
        }
    }

    /// Opens a stream that is refused, and returns what the other side is told about it.
    async fn refused(&mut self, protocol: &'static str) -> LimitExceeded {
        let peer = self.theirs.peer_id();
        let mut stream = self.ours.open_stream(peer, protocol).await.unwrap();
        let written = stream.write_all(b"x").await;
        assert!(
            matches!(written, Ok(()) | Err(WriteError::Stopped(REFUSED))),
            "{written:?}"
        );
        let read = stream.read_to_end(1).await;
        assert!(
            matches!(read, Err(ReadToEndError::Read(ReadError::Reset(REFUSED)))),
            "{read:?}"
        );
        loop {
            if let Some(Event::LimitReached(exceeded)) = self.events.next().await {
                return exceeded;
            }
        }
    }
}

const HOLDS: [&str; 4] = ["/hold/1", "/hold/2", "/hold/3", "/hold/4"];

const MORE: u32 = 2048;

const REFUSED: StreamCode = StreamCode::RESOURCE_LIMIT_EXCEEDED;
