//! Strangers who take their time over QUIC.

use std::{cell::Cell, future::poll_fn, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::join;
use sinew::Address;
use sinew_quic::Config;
use sinew_transport::{CloseReason, Phase, Transport};

use crate::{
    dialing::Permits,
    lines::{LIMIT, RTT, world},
    spoof::{OWN, Spoof, hello},
};

#[test]
fn one_whose_first_message_comes_a_byte_a_second_has_no_more_time_than_others() {
    let (world, stranger, victim) = world();
    world.block_on(async {
        let permits = Arc::<Permits>::default();
        let transport = victim.quic(Config::default());
        let address = Address::quic((victim.ipv4(), 4001).into());
        let mut inbound = transport.listen(address, permits.clone()).await.unwrap();
        let (hello, mut spoof) = (hello(), Spoof::new(&stranger));
        let to = SocketAddr::new(victim.ipv4(), 4001);
        let begun = world.elapsed() + RTT / 2;
        let is_over = Cell::new(false);
        let trickling = async {
            let mut bytes = hello.message.chunks(1).enumerate();
            while !is_over.get() {
                let (offset, byte) = bytes.next().unwrap();
                let datagram = hello.datagram([b"the host", OWN], offset, offset, byte);
                spoof.send(stranger.ipv4(), to, &datagram);
                world.sleep(Duration::from_secs(1)).await;
                assert_eq!(permits.count(), usize::from(!is_over.get()));
            }
        };
        let failing = async {
            let accepted = poll_fn(|cx| inbound.poll_accept(cx)).await;
            let failure = accepted.unwrap().map(drop).unwrap_err();
            assert_eq!(world.elapsed() - begun, LIMIT);
            is_over.set(true);
            failure
        };

        let (failure, ()) = join(failing, trickling).await;

        let CloseReason::HandshakeTimedOut { after, phase } = failure.reason else {
            panic!("{failure:?}");
        };
        assert_eq!((after, phase), (LIMIT, Phase::Handshake));
        transport.shutdown().await;
        assert_eq!(permits.count(), 0);
        assert!(victim.tasks().is_empty(), "{:?}", victim.tasks());
    });
}
