//! Questions to a name server on this machine, which answers, fails, and lies.

use std::{io, time::Duration};

use super::*;
use crate::name_server::{Fault, NameServer};

const BOB: &str = "bob.example";

/// A resolver that gives up soon, and the server that it asks.
async fn pair() -> (DnsResolver, NameServer) {
    let server = NameServer::start().await.unwrap();
    (asking([server.address()]), server)
}

fn asking<const N: usize>(servers: [SocketAddr; N]) -> DnsResolver {
    let config = Config {
        timeout: Duration::from_millis(300),
        retries: 0,
        ..Config::default()
    };
    DnsResolver::new(servers, config)
}

/// A resolver that waits for as long as a test may take.
fn patient(server: &NameServer) -> DnsResolver {
    let config = Config {
        timeout: Duration::from_secs(60),
        ..Config::default()
    };
    DnsResolver::new([server.address()], config)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

async fn failure(resolver: &DnsResolver, name: &str) -> LookupError {
    resolver.addresses(name, IpFamily::V4).await.unwrap_err()
}

#[tokio::test]
async fn finds_the_addresses_of_the_family_that_is_asked_for() {
    let (_, server) = pair().await;
    let resolver = patient(&server);
    let addresses = ["192.0.2.7", "192.0.2.8", "2001:db8::7"].map(ip);
    for address in addresses {
        server.add_ip(BOB, address);
    }

    let ipv4 = resolver.addresses(BOB, IpFamily::V4).await.unwrap();
    let ipv6 = resolver.addresses(BOB, IpFamily::V6).await.unwrap();

    assert_eq!(ipv4, addresses[..2]);
    assert_eq!(ipv6, addresses[2..]);
}

#[tokio::test]
async fn joins_the_strings_of_a_text_record_and_keeps_their_order() {
    let (_, server) = pair().await;
    let long = "x".repeat(700);
    server.add_text("_dnsaddr.bob.example", &long);
    server.add_text("_dnsaddr.bob.example", "dnsaddr=/ip4/192.0.2.7/tcp/1");

    let texts = patient(&server)
        .texts("_dnsaddr.bob.example")
        .await
        .unwrap();

    assert_eq!(
        texts,
        [long.into_bytes(), b"dnsaddr=/ip4/192.0.2.7/tcp/1".to_vec()]
    );
}

#[tokio::test]
async fn follows_an_alias_and_gives_no_alias_out() {
    let (_, server) = pair().await;
    server.add_alias("www.example", BOB);
    server.add_ip(BOB, ip("192.0.2.7"));

    let found = patient(&server)
        .addresses("www.example", IpFamily::V4)
        .await;

    assert_eq!(found.unwrap(), [ip("192.0.2.7")]);
}

#[tokio::test]
async fn asks_over_tcp_for_a_thousand_records() {
    let (_, server) = pair().await;
    // Near the 64 KiB that a message may have.
    for port in 0..1000 {
        server.add_dnsaddr("b", &format!("/ip4/192.0.2.7/tcp/{port}"));
    }

    let texts = patient(&server).texts("_dnsaddr.b").await.unwrap();

    assert_eq!(texts.len(), 1000);
    assert_eq!(
        server.asked(),
        ["udp TXT _dnsaddr.b.", "tcp TXT _dnsaddr.b."]
    );
}

#[tokio::test]
async fn tells_a_name_that_does_not_exist_from_one_without_records() {
    let (_, server) = pair().await;
    let resolver = patient(&server);
    server.add_ip(BOB, ip("2001:db8::7"));

    assert!(matches!(
        failure(&resolver, "nobody.example").await,
        LookupError::NoSuchName
    ));
    assert!(matches!(
        failure(&resolver, BOB).await,
        LookupError::NoRecords
    ));
}

#[tokio::test]
async fn says_with_which_code_a_server_failed() {
    let (_, server) = pair().await;
    let resolver = patient(&server);

    for code in [2, 5] {
        server.fail(BOB, Fault::Code(code));
        let error = failure(&resolver, BOB).await;
        assert!(
            matches!(error, LookupError::ServerFailed { code: it } if it == code),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn gives_up_on_a_silent_server() {
    let (resolver, server) = pair().await;
    server.fail(BOB, Fault::Silence);

    assert!(matches!(
        failure(&resolver, BOB).await,
        LookupError::NoAnswer
    ));
    assert!(!server.asked().is_empty());
}

#[tokio::test]
async fn asks_the_other_server_when_the_first_is_silent() {
    let (silent, server) = (
        NameServer::start().await.unwrap(),
        NameServer::start().await.unwrap(),
    );
    silent.fail(BOB, Fault::Silence);
    server.add_ip(BOB, ip("192.0.2.7"));
    let config = Config {
        timeout: Duration::from_secs(60),
        ..Config::default()
    };
    let resolver = DnsResolver::new([silent.address(), server.address()], config);

    let found = resolver.addresses(BOB, IpFamily::V4).await;

    assert_eq!(found.unwrap(), [ip("192.0.2.7")]);
}

#[tokio::test]
async fn says_when_nobody_is_there_to_ask() {
    let server = NameServer::start().await.unwrap();
    let resolver = asking([server.address()]);
    drop(server);

    let error = failure(&resolver, BOB).await;

    assert!(
        matches!(error, LookupError::NoAnswer | LookupError::Io(_)),
        "{error:?}"
    );
}

#[tokio::test]
async fn believes_no_garbage() {
    let (resolver, server) = pair().await;
    server.fail(BOB, Fault::Garbage);

    let error = failure(&resolver, BOB).await;

    assert!(
        matches!(error, LookupError::NoAnswer | LookupError::Malformed),
        "{error:?}"
    );
}

#[tokio::test]
async fn believes_no_answer_to_another_question() {
    let (resolver, server) = pair().await;
    server.fail(BOB, Fault::OtherName);

    let answer = resolver.addresses(BOB, IpFamily::V4).await;

    assert!(answer.is_err(), "{answer:?}");
}

#[tokio::test]
async fn waits_for_the_answer_behind_what_is_none() {
    let (_, server) = pair().await;
    server.add_ip(BOB, ip("192.0.2.7"));
    server.fail(BOB, Fault::GarbageFirst);

    let found = patient(&server).addresses(BOB, IpFamily::V4).await;

    assert_eq!(found.unwrap(), [ip("192.0.2.7")]);
}

#[tokio::test]
async fn remembers_what_it_was_told() {
    let (_, server) = pair().await;
    let resolver = patient(&server);
    server.add_ip(BOB, ip("192.0.2.7"));

    resolver.addresses(BOB, IpFamily::V4).await.unwrap();
    let again = resolver.clone().addresses(BOB, IpFamily::V4).await;

    assert_eq!(again.unwrap(), [ip("192.0.2.7")]);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn remembers_no_failure_of_a_server() {
    let (_, server) = pair().await;
    let resolver = patient(&server);
    server.add_ip(BOB, ip("192.0.2.7"));
    server.fail(BOB, Fault::Code(2));
    failure(&resolver, BOB).await;

    server.recover(BOB);
    let found = resolver.addresses(BOB, IpFamily::V4).await;

    assert_eq!(found.unwrap(), [ip("192.0.2.7")]);
}

#[tokio::test]
async fn is_of_use_after_a_look_up_was_given_up() {
    let (_, server) = pair().await;
    let resolver = patient(&server);
    server.add_ip(BOB, ip("192.0.2.7"));
    server.fail("silent.example", Fault::Silence);

    let asked = || server.asked().len() == 1;
    let given_up = resolver.addresses("silent.example", IpFamily::V4);
    tokio::select! {
        biased;
        answer = given_up => panic!("unexpected {answer:?}"),
        () = until(asked) => {}
    }
    let found = resolver.addresses(BOB, IpFamily::V4).await;

    assert_eq!(found.unwrap(), [ip("192.0.2.7")]);
}

#[tokio::test]
async fn asks_for_no_name_that_cannot_be_one() {
    let (_, server) = pair().await;
    let resolver = patient(&server);
    let long = "x".repeat(64);

    for name in [long.as_str(), "two..dots.example"] {
        assert!(matches!(
            failure(&resolver, name).await,
            LookupError::BadName
        ));
    }
    assert_eq!(server.asked(), [""; 0]);
}

#[tokio::test]
async fn asks_nobody_when_there_are_no_servers() {
    assert!(matches!(
        failure(&asking([]), BOB).await,
        LookupError::NoServer
    ));
}

/// Waits until `is_so`; the test's own limit ends it if that never comes.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The port of the domain name system's errors carries those of the operating system.
#[test]
fn keeps_what_the_operating_system_said() {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);

    let error = error::translate(&NetError::from(refused));

    assert!(matches!(error, LookupError::Io(it) if it.kind() == io::ErrorKind::ConnectionRefused));
}
