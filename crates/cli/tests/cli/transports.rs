//! Both transports, and how they are narrowed.

use std::net::TcpListener;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Node, sinew};

const TCP: &str = "/ip4/127.0.0.1/tcp/0";

#[test]
fn every_command_speaks_tcp_and_says_how_it_is_secured() {
    let folder = TempDir::new().unwrap();
    let inbox = folder.path().join("inbox");
    let inbox = inbox.to_str().unwrap();
    let (mut node, address) = listening_on_both(folder.path(), &["--receive", inbox]);
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "good morning").unwrap();

    for security in ["tls", "noise"] {
        let by_tcp = json!({
            "transport": "tcp", "security": security, "muxer": "yamux", "muxer_choice": security,
        });
        let narrowed = |command: &[&str]| {
            let options = ["--transport", "tcp", "--security", security, "--json"];
            let mut arguments = command.to_vec();
            arguments.insert(1, &address);
            sinew(arguments.into_iter().chain(options)).success()
        };

        assert_eq!(
            narrowed(&["echo", "--size", "3M"]).objects()[0]["connection"],
            by_tcp
        );
        assert_eq!(narrowed(&["identify"]).objects()[0]["connection"], by_tcp);
        let pings = narrowed(&["ping", "-c", "2", "-i", "0.01"]).objects();
        assert_eq!(pings.last().unwrap()["connection"], by_tcp);
        narrowed(&["send", file.to_str().unwrap()]);
        assert!(node.line().contains("letter.txt"));
    }
}

#[test]
fn a_connection_over_quic_is_said_to_be_one() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);

    let run = sinew(["echo", node.address(), "--transport", "quic", "--json"]).success();

    let by_quic = json!({
        "transport": "quic-v1", "security": "tls", "muxer": "quic", "muxer_choice": "built-in",
    });
    assert_eq!(run.objects()[0]["connection"], by_quic);
}

#[test]
fn a_node_without_the_security_of_the_dialer_has_nothing_in_common_with_it() {
    let folder = TempDir::new().unwrap();
    let node = Node::only(folder.path(), &["--listen", TCP, "--security", "noise"]);

    let refused = sinew(["ping", node.address(), "--security", "tls", "--json"]).failure();
    let answered = sinew(["ping", node.address(), "-c", "1", "--json"]).success();

    let failed: Value = refused.objects().pop().unwrap();
    assert_eq!(failed["kind"], "no_common_protocol", "{refused:?}");
    assert!(
        refused.stderr.contains("leave out --security"),
        "{refused:?}"
    );
    let summary = answered.objects().pop().unwrap();
    assert_eq!(summary["connection"]["security"], "noise");
}

#[test]
fn a_node_listens_on_what_it_was_narrowed_to_alone() {
    let folder = TempDir::new().unwrap();

    let run = sinew(["node", "--listen", TCP, "--transport", "quic"]);

    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(
        run.stderr.contains("--transport quic leaves out"),
        "{run:?}"
    );
    let node = Node::only(folder.path(), &["--listen", TCP, "--transport", "tcp"]);
    assert!(node.address().contains("/tcp/"));
}

#[test]
fn a_tcp_port_where_nobody_listens_is_refused() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);

    let run = sinew(["ping", &format!("/ip4/127.0.0.1/tcp/{port}"), "--json"]).failure();

    assert_eq!(run.objects().pop().unwrap()["kind"], "refused", "{run:?}");
    assert!(run.stderr.contains("refused: nobody listens"), "{run:?}");
}

#[test]
fn a_tcp_service_that_is_not_libp2p_is_told_as_such() {
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = service.local_addr().unwrap().port();
    let answering = std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut socket, _) = service.accept().unwrap();
        socket
            .write_all(b"220 mail.example.org ESMTP ready when you are\r\n")
            .unwrap();
        // Until the other end has had enough.
        std::io::copy(&mut socket, &mut std::io::sink()).ok();
    });

    let run = sinew(["ping", &format!("/ip4/127.0.0.1/tcp/{port}"), "--json"]).failure();
    answering.join().unwrap();

    assert_eq!(run.objects().pop().unwrap()["kind"], "violation", "{run:?}");
    assert!(run.stderr.contains("something else than libp2p"), "{run:?}");
}

/// Starts a node that listens over both transports, and returns its address for TCP.
fn listening_on_both(folder: &std::path::Path, more: &[&str]) -> (Node, String) {
    let mut node = Node::start(folder, &[&["--listen", TCP], more].concat());
    let tcp = node.line();
    let tcp = tcp.strip_prefix("listening ").unwrap().to_owned();
    (node, tcp)
}
