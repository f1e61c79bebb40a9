//! Results and addresses, made up.

use super::*;

#[test]
fn reads_a_result_of_either_form() {
    let current = "latency:\n  handshake_plus_one_rtt: 5.011\n  ping_rtt: 0.599\n  unit: ms\n";
    let legacy = "{\"handshakePlusOneRTTMillis\": 5.011, \"pingRTTMilllis\": 0.599}\n";
    let measured = Latency {
        handshake_and_ping: 5.011,
        ping: 0.599,
    };

    assert_eq!(Form::Current.read(current), Ok(measured));
    assert_eq!(Form::Legacy.read(legacy), Form::Current.read(current));
}

#[test]
fn takes_nothing_but_the_result_on_stdout() {
    let complete = "latency:\n  handshake_plus_one_rtt: 5.011\n  ping_rtt: 0.599\n  unit: ms\n";
    let others = [
        String::new(),
        format!("connected\n{complete}"),
        format!("{complete}bye\n"),
        complete.replace("ms", "s"),
        complete.replace("  ping_rtt", "ping_rtt"),
        complete.replace("0.599", "soon"),
    ];

    for other in others {
        assert!(Form::Current.read(&other).is_err(), "{other}");
        assert!(Form::Legacy.read(&other).is_err(), "{other}");
    }
}

#[test]
fn disbelieves_a_ping_that_took_longer_than_all() {
    let latency = |handshake_and_ping, ping| Latency {
        handshake_and_ping,
        ping,
    };

    assert!(latency(5.0, 0.5).is_plausible().is_ok());
    assert!(latency(0.5, 5.0).is_plausible().is_err());
    assert!(latency(5.0, 0.0).is_plausible().is_err());
    assert!(latency(f64::NAN, 0.5).is_plausible().is_err());
}

#[test]
fn wants_an_address_that_others_can_dial() {
    assert!(can_be_dialed("/ip4/192.0.2.1/tcp/7/p2p/12D3", true).is_ok());
    assert!(can_be_dialed("/ip4/127.0.0.1/tcp/7/p2p/12D3", true).is_err());
    assert!(can_be_dialed("/ip4/127.0.0.1/tcp/7/p2p/12D3", false).is_ok());
    assert!(can_be_dialed("/ip4/0.0.0.0/tcp/7/p2p/12D3", true).is_err());
    assert!(can_be_dialed("/ip4/192.0.2.1/tcp/7", true).is_err());
}

#[test]
fn spells_the_key_as_the_prefix_that_it_hands_out_demands() {
    assert_eq!(
        Form::Current.key(),
        format!("{TEST_KEY}_listener_multiaddr")
    );
}
