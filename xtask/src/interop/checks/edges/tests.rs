//! What the driver prints, made up.

use super::*;

#[test]
fn reads_the_port_of_an_address() {
    assert_eq!(port_of("/ip4/127.0.0.1/udp/4001/quic-v1/p2p/a"), Some(4001));
    assert_eq!(port_of("/ip4/127.0.0.1/tcp/4002/p2p/a"), Some(4002));
    assert_eq!(port_of("/memory/7"), None);
}

#[test]
fn tells_a_loss_from_a_new_connection() {
    let lost = r#""event":"lost","why":"the connection is over: nothing heard"}"#;
    let again = r#""event":"reconnected","ms":12,"attempts":2}"#;

    assert!(matches!(parse(lost), Ok(Survival::Lost { .. })));
    assert!(matches!(
        parse(again),
        Ok(Survival::Reconnected {
            ms: 12,
            attempts: 2
        })
    ));
    assert!(parse::<Survival>("nothing").is_err());
}
