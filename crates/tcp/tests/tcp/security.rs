//! How connections are secured, and how the muxer is chosen.

use sinew_tcp::{Config, SecurityProtocol};
use sinew_transport::{CloseReason, Dial, DialError, MuxerChoice, Phase, Transport};

use crate::fixture::{Host, Pair, accept, in_time, only};

#[tokio::test]
async fn both_sides_name_the_protocols_and_how_they_came_to_them() {
    for (security, early, choice) in [
        (SecurityProtocol::Tls, true, MuxerChoice::InTls),
        (SecurityProtocol::Tls, false, MuxerChoice::Negotiated),
        (SecurityProtocol::Noise, true, MuxerChoice::InNoise),
        (SecurityProtocol::Noise, false, MuxerChoice::Negotiated),
    ] {
        let mut config = only(security);
        config.protocol.early_muxer = early;
        let pair = in_time(Pair::with_config(config)).await;
        let _streams = in_time(pair.streams()).await;

        for connection in [&pair.dialer, &pair.listener] {
            let told = connection.security();
            assert_eq!(told.security, security.name());
            assert_eq!(told.muxer, "yamux");
            assert_eq!(told.choice, choice, "{told}");
        }
    }
}

#[tokio::test]
async fn a_peer_that_knows_no_early_muxer_is_negotiated_with() {
    for security in SecurityProtocol::ALL {
        let mut late = only(security);
        late.protocol.early_muxer = false;
        for (dialing, listening) in [(only(security), late.clone()), (late, only(security))] {
            let pair = in_time(Pair::with_configs(dialing, listening)).await;

            assert_eq!(pair.dialer.security().choice, MuxerChoice::Negotiated);
        }
    }
}

#[tokio::test]
async fn the_first_protocol_that_both_speak_is_taken_in_the_order_of_the_dialer() {
    let mut noise_first = Config::default();
    noise_first.protocol.securities.reverse();

    let usual = in_time(Pair::connected()).await;
    let reversed = in_time(Pair::with_configs(noise_first, Config::default())).await;
    let narrowed = in_time(Pair::with_configs(
        Config::default(),
        only(SecurityProtocol::Noise),
    ))
    .await;

    assert_eq!(usual.listener.security().security, "tls");
    assert_eq!(reversed.listener.security().security, "noise");
    assert_eq!(narrowed.listener.security().security, "noise");
}

#[tokio::test]
async fn peers_with_no_protocol_in_common_say_so() {
    let (alice, bob) = (
        Host::with_config(1, only(SecurityProtocol::Tls)),
        Host::with_config(2, only(SecurityProtocol::Noise)),
    );
    let mut inbound = bob.listen().await;

    let (dialed, accepted) = in_time(async {
        tokio::join!(
            alice.transport.dial(Dial::new(inbound.address())),
            accept(&mut *inbound)
        )
    })
    .await;

    let Err(DialError::Failed { phase, reason }) = dialed else {
        panic!("{dialed:?}");
    };
    assert_eq!(phase, Phase::Negotiation);
    assert!(matches!(reason, CloseReason::Rejected(_)), "{reason}");
    let failure = accepted.unwrap_err();
    assert!(
        matches!(failure.reason, CloseReason::Rejected(_)),
        "{failure:?}"
    );
}
