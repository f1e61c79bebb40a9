//! Tests of the command line as clap sees it.

use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};

use super::*;

const PEER: &str =
    "/ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

#[test]
fn the_definition_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn options_of_every_command_may_follow_the_command() {
    let arguments =
        Arguments::try_parse_from(["sinew", "ping", PEER, "-c", "3", "-i", "0.2", "--json"])
            .unwrap();

    assert!(arguments.global.json);
    let Command::Ping(ping) = arguments.command else {
        panic!("not a ping");
    };
    assert_eq!((ping.count, ping.interval), (3, Duration::from_millis(200)));
}

#[test]
fn an_address_that_cannot_be_dialed_is_refused_with_what_to_do() {
    for (address, advice) in [
        ("192.0.2.7:4001", "does not begin with '/'"),
        ("/ip4/192.0.2.7/udp/4001/quic", "write /quic-v1"),
        (
            "/ip4/192.0.2.7/udp/0/quic-v1",
            "give the port that the peer listens on",
        ),
        (
            "/ip4/0.0.0.0/udp/4001/quic-v1",
            "give an address of the peer",
        ),
        ("/ip4/192.0.2.7/tcp/4001/ws", "unexpected component \"ws\""),
        ("/memory/7", "/memory cannot be dialed"),
        (
            "/ip4/192.0.2.7/udp/4001/quic-v1/webtransport",
            "unexpected component \"webtransport\"",
        ),
        (
            "/ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3",
            "is not a peer id",
        ),
    ] {
        let error = Arguments::try_parse_from(["sinew", "ping", address])
            .unwrap_err()
            .to_string();

        assert!(error.contains(advice), "{error}");
    }
}

#[test]
fn names_can_be_dialed_and_not_listened_on() {
    for address in ["/dns4/example.com/udp/4001/quic-v1", "/dnsaddr/example.com"] {
        assert!(Arguments::try_parse_from(["sinew", "ping", address]).is_ok());
        assert!(Arguments::try_parse_from(["sinew", "node", "--listen", address]).is_err());
    }
}

#[test]
fn text_and_size_of_an_echo_exclude_each_other() {
    assert!(Arguments::try_parse_from(["sinew", "echo", PEER, "text", "--size", "1M"]).is_err());
    assert!(Arguments::try_parse_from(["sinew", "echo", PEER, "--size", "1M"]).is_ok());
}

#[test]
fn an_address_to_listen_on_names_no_peer() {
    assert!(Arguments::try_parse_from(["sinew", "node", "--listen", PEER]).is_err());
    assert!(
        Arguments::try_parse_from(["sinew", "node", "--listen", "/ip4/0.0.0.0/udp/0/quic-v1"])
            .is_ok()
    );
}

#[test]
fn what_cannot_be_done_together_is_said() {
    let tcp = "/ip4/192.0.2.7/tcp/4001";
    for (arguments, why) in [
        (
            ["ping", PEER, "--transport=tcp"].as_slice(),
            "--transport tcp leaves out",
        ),
        (
            &["ping", tcp, "--transport=quic"],
            "--transport quic leaves out",
        ),
        (
            &["echo", PEER, "--security=noise"],
            "--security noise leaves out",
        ),
        (
            &[
                "ping",
                "/dnsaddr/example.com",
                "--security=noise",
                "--transport=quic",
            ],
            "QUIC has TLS of its own",
        ),
        (
            &["node", "--listen", tcp, "--transport=quic"],
            "leaves out /ip4/192.0.2.7/tcp",
        ),
    ] {
        let parsed = Arguments::try_parse_from(["sinew"].iter().chain(arguments)).unwrap();

        let error = parsed.check().unwrap_err().to_string();

        assert!(error.contains(why), "{error}");
    }
    for arguments in [
        ["ping", PEER, "--security=tls"].as_slice(),
        &["ping", tcp, "--security=noise", "--transport=tcp"],
        &["node", "--security=noise"],
        &["identify", "/dnsaddr/example.com", "--transport=tcp"],
    ] {
        let parsed = Arguments::try_parse_from(["sinew"].iter().chain(arguments)).unwrap();

        parsed.check().unwrap();
    }
}
