//! What goes wrong, told with who is at fault and what to try.

use std::{
    net::UdpSocket,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use sinew::{Host, Keypair, Runtime};
use sinew_runtime::{Clock, Timer, TokioClock, TokioSpawner};
use tempfile::TempDir;

use crate::program::{Finished, Node, sinew};

#[test]
fn a_wrong_peer_is_told_with_both_ids() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);
    let other = Keypair::generate_ed25519().peer_id();

    let run = sinew(["ping", &format!("{}/p2p/{other}", node.place())]).failure();

    says(
        &run,
        &[
            "wrong peer id",
            &other.to_string(),
            node.peer(),
            "what to do",
        ],
    );
}

#[test]
fn a_port_where_nobody_listens_is_refused() {
    let port = free_port();

    let run = sinew(["ping", &format!("/ip4/127.0.0.1/udp/{port}/quic-v1")]).failure();

    says(
        &run,
        &[
            "refused: nobody listens",
            "at fault: the peer",
            "check that the peer runs",
        ],
    );
}

#[test]
fn a_place_where_no_way_leads_is_unreachable() {
    // An IPv4 address in the clothes of IPv6: sockets of either family do not send to it.
    let address = "/ip6/::ffff:127.0.0.1/udp/4001/quic-v1";

    let run = sinew(["ping", address]).failure();

    says(
        &run,
        &["unreachable", "at fault: the network", "IPv4, IPv6"],
    );
}

#[test]
fn silence_is_a_timeout_that_names_the_limit() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = format!(
        "/ip4/127.0.0.1/udp/{}/quic-v1",
        silent.local_addr().unwrap().port()
    );

    let run = sinew(["identify", &address, "--timeout", "0.5"]).failure();

    says(
        &run,
        &["no answer", "500ms", "at fault: the network", "firewall"],
    );
}

#[test]
fn a_protocol_that_is_not_served_is_told() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);

    let run = sinew(["echo", node.address(), "x", "--protocol", "/nobody/1"]).failure();

    says(
        &run,
        &[
            "no protocol in common",
            "/nobody/1",
            "at fault: the peer",
            "sinew identify",
        ],
    );
}

#[test]
fn files_are_refused_by_a_node_that_receives_none() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);
    let key = folder.path().join("node.key");

    let run = sinew(["send", node.address(), key.to_str().unwrap()]).failure();

    says(&run, &["no protocol in common", "at fault: the peer"]);
}

#[test]
fn a_certificate_of_the_future_is_told_with_whose_clock_may_be_wrong() {
    for (years_ahead, fault, advice) in [
        // Either of the two clocks may be right.
        (3, "cannot be told from here", "a clock that you trust"),
        // No clock is right that shows such a time.
        (300, "the peer", "clock of the machine that made"),
    ] {
        let (address, stop) = host_with_a_clock_ahead(years_ahead);

        let run = sinew(["ping", &address]).failure();
        drop(stop);

        let fault = format!("at fault: {fault}");
        says(
            &run,
            &[
                "certificate outside its time",
                "our clock says",
                &fault,
                advice,
            ],
        );
    }
}

#[test]
fn what_is_no_libp2p_is_told() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = format!(
        "/ip4/127.0.0.1/udp/{}/quic-v1",
        server.local_addr().unwrap().port()
    );
    let answering = std::thread::spawn(move || {
        server
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut datagram = [0; 2048];
        // The first of them may be empty: it asks the operating system, not the peer.
        loop {
            let (len, from) = server.recv_from(&mut datagram).unwrap();
            if let Some(initial) = datagram.get(..len).filter(|it| it.len() > 1000) {
                server.send_to(&version_negotiation(initial), from).unwrap();
                // As long as it is there, the operating system refuses nobody.
                return server;
            }
        }
    });

    let run = sinew(["ping", &address]).failure();
    answering.join().unwrap();

    says(
        &run,
        &[
            "no protocol in common",
            "QUIC version 1",
            "at fault: the peer",
        ],
    );
}

#[test]
fn an_address_that_cannot_be_dialed_is_bad_usage() {
    for (address, words) in [
        ("/ip4/127.0.0.1/udp/4001/quic", "draft-29"),
        ("/ip4/127.0.0.1/udp/4001/quic", "quic-v1"),
        ("/ip4/127.0.0.1/udp/4001", "quic-v1"),
        ("/ip4/127.0.0.1/udp/0/quic-v1", "port"),
        ("/ip4/0.0.0.0/udp/4001/quic-v1", "0.0.0.0"),
        ("/ip4/224.0.0.1/udp/4001/quic-v1", "multicast"),
        ("/ip4/1.2.3/udp/4001/quic-v1", "1.2.3"),
        ("/ip4/127.0.0.1/udp/4001/quic-v1/p2p/nobody", "nobody"),
    ] {
        let run = sinew(["ping", address]);

        assert_eq!(run.code, Some(2), "{address}: {run:?}");
        assert!(run.stderr.contains(words), "{address}: {run:?}");
    }
}

#[test]
fn a_file_that_cannot_be_sent_is_told_before_anybody_is_called() {
    let folder = TempDir::new().unwrap();
    let nowhere = format!("/ip4/127.0.0.1/udp/{}/quic-v1", free_port());

    let missing = sinew(["send", &nowhere, "/nonexistent/file"]).failure();
    let directory = sinew(["send", &nowhere, folder.path().to_str().unwrap()]).failure();

    says(&missing, &["/nonexistent/file", "at fault: this side"]);
    says(&directory, &["it is a folder"]);
}

#[test]
fn failures_are_objects_too_with_json() {
    let address = format!("/ip4/127.0.0.1/udp/{}/quic-v1", free_port());

    let run = sinew(["ping", &address, "--json"]).failure();

    let objects = run.objects();
    let failed = objects.last().unwrap();
    assert_eq!(failed["event"], "failed");
    assert_eq!(failed["kind"], "refused");
    assert_eq!(failed["fault"], "peer");
    assert!(failed["advice"].is_string(), "{failed}");
}

/// Asserts that stderr has all of `words`, and stdout nothing.
fn says(run: &Finished, words: &[&str]) {
    for word in words {
        assert!(run.stderr.contains(word), "{word:?} is missing: {run:?}");
    }
    assert_eq!(run.stdout, "", "{run:?}");
}

/// A port that nobody has; it was somebody's a moment ago.
fn free_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// Says that a server speaks no version that the client may know. [RFC 9000 §17.2.1]
fn version_negotiation(initial: &[u8]) -> Vec<u8> {
    let destination_len = usize::from(initial[5]);
    let destination = &initial[6..6 + destination_len];
    let source_len = usize::from(initial[6 + destination_len]);
    let source = &initial[7 + destination_len..7 + destination_len + source_len];
    let mut packet = vec![0x80, 0, 0, 0, 0, initial[6 + destination_len]];
    packet.extend_from_slice(source);
    packet.push(initial[5]);
    packet.extend_from_slice(destination);
    packet.extend_from_slice(&0x6b33_43cf_u32.to_be_bytes());
    packet
}

/// Starts a host whose clock is years ahead; it ends with the value that is returned.
fn host_with_a_clock_ahead(years: u32) -> (String, tokio::runtime::Runtime) {
    let tasks = tokio::runtime::Runtime::new().unwrap();
    let address = tasks.block_on(async {
        let runtime = Runtime::new(Arc::new(AheadClock { years }), Arc::new(TokioSpawner));
        let host = Host::builder(Keypair::generate_ed25519())
            .runtime(runtime)
            .listen("/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap())
            .start()
            .await
            .unwrap();
        let address = host.listen_addresses().remove(0).to_string();
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(host);
        });
        address
    });
    (address, tasks)
}

#[derive(Debug)]
struct AheadClock {
    years: u32,
}

impl Clock for AheadClock {
    fn now(&self) -> Instant {
        TokioClock.now()
    }

    fn wall(&self) -> SystemTime {
        TokioClock.wall() + Duration::from_secs(365 * 24 * 3600) * self.years
    }

    fn timer(&self) -> Box<dyn Timer> {
        TokioClock.timer()
    }
}
