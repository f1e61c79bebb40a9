//! The limits of streams, as they are by default, over transports that have limits of their own.

use std::sync::Arc;

use sinew::{
    Address, Event, Events, Host, Limit, LimitExceeded, ReadError, ReadToEndError, Stream,
    StreamCode, WriteError,
};
use sinew_runtime::Watched;
use sinew_simnet::Node;

use crate::fixture::{RTT, apart, echo, quic_at, start_with, tcp_at};

#[test]
fn as_many_streams_of_one_protocol_are_served_as_it_may_have_and_others_after_them() {
    each_transport(async |lab| {
        let limits = lab.theirs.config().limits;
        let maximum = limits.max_inbound_streams_per_protocol;
        lab.hold(HOLD, maximum).await;

        let told = lab.refused(HOLD).await;

        assert_eq!(told.limit, Limit::InboundStreamsPerProtocol);
        assert_eq!(told.maximum, maximum.into());
        assert!(
            told.to_string()
                .contains("max_inbound_streams_per_protocol")
        );
        let answer = echo(&lab.ours, lab.theirs.peer_id(), b"me too").await;
        assert_eq!(answer, b"me too");
    });
}

#[test]
fn as_many_streams_are_served_as_a_connection_may_have_whatever_the_transport_allows() {
    each_transport(async |lab| {
        let limits = lab.theirs.config().limits;
        let maximum = limits.max_inbound_streams_per_connection;
        let half = limits.max_inbound_streams_per_protocol;
        lab.hold(HOLD, half).await;
        lab.hold(HOLD_TOO, maximum - half).await;

        let told = lab.refused("/echo/1").await;

        assert_eq!(told.limit, Limit::InboundStreamsPerConnection);
        assert_eq!(told.maximum, maximum.into());
        assert!(
            told.to_string()
                .contains("max_inbound_streams_per_connection")
        );
    });
}

/// Each limit is below the next, so that none is a dead letter.
#[test]
fn no_limit_of_streams_is_hidden_behind_another() {
    let limits = sinew::Config::default().limits;
    let (yamux, quic) = (
        sinew_tcp::YamuxConfig::default().max_inbound_streams,
        sinew::quic::Config::default().protocol.max_streams,
    );

    let connection = limits.max_inbound_streams_per_connection;
    assert!(limits.max_inbound_streams_per_protocol < connection);
    assert!(limits.max_negotiating_per_connection < connection);
    assert!(connection < yamux.min(quic));
}

struct Lab {
    ours: Host,
    theirs: Host,
    events: Events,
    held: Vec<Stream>,
}

fn each_transport(test: impl AsyncFn(&mut Lab)) {
    for at in [quic_at, tcp_at] as [fn(&Node) -> Address; 2] {
        let (world, alice, bob) = apart();
        world.block_on(async {
            let theirs = start_with(bob.host(), [at(&bob)]).await;
            let is_over = Arc::new(Watched::new(false));
            for protocol in [HOLD, HOLD_TOO] {
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
            let ours = alice.host().start().await.unwrap();
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

const HOLD: &str = "/hold/1";
const HOLD_TOO: &str = "/hold/2";

const REFUSED: StreamCode = StreamCode::RESOURCE_LIMIT_EXCEEDED;
