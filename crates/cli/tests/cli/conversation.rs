//! A node in one process, and those who talk to it in others.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Node, command, sinew};
#[cfg(unix)]
use crate::program::{finish, signal};

#[test]
fn a_node_answers_pings() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);

    let run = sinew(["ping", node.address(), "-i", "0.01", "--json"]).success();

    let objects = run.objects();
    let (summary, pings) = objects.split_last().unwrap();
    assert_eq!(pings.len(), 5);
    for (ping, sequence) in pings.iter().zip(1..) {
        assert_eq!(ping["event"], "ping");
        assert_eq!(ping["peer"], node.peer());
        assert_eq!(ping["sequence"], json!(sequence));
        assert!(ping["rtt_ms"].as_f64().unwrap() > 0.0, "{ping}");
    }
    assert_eq!(
        (&summary["sent"], &summary["received"]),
        (&json!(5), &json!(5))
    );
}

#[cfg(unix)]
#[test]
fn pings_go_on_until_they_are_interrupted_and_are_then_summed_up() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);
    let pinging = command(["ping", node.address(), "-c", "0", "-i", "0.01", "--json"]);
    let (child, _) = start_until_first_line(pinging);

    signal(child.id(), "INT");
    let run = finish(child).success();

    let objects = run.objects();
    let summary = objects.last().unwrap();
    assert_eq!(summary["event"], "summary");
    let (sent, received) = (summary["sent"].as_u64(), summary["received"].as_u64());
    assert!(sent.unwrap() - received.unwrap() <= 1, "{summary}");
}

#[test]
fn an_echo_of_a_text_comes_back() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);

    let run = sinew(["echo", node.address(), "good morning"]).success();

    assert!(run.stdout.starts_with("good morning\n"), "{run:?}");
    assert_eq!(run.stderr, "");
}

#[test]
fn an_echo_of_a_size_checks_all_bytes() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);

    let run = sinew(["echo", node.address(), "--size", "5M", "--json"]).success();

    let [echo] = &run.objects()[..] else {
        panic!("one object: {run:?}");
    };
    assert_eq!(echo["bytes"], json!(5 << 20));
    assert_eq!(echo["protocol"], "/echo/1.0.0");
    assert_eq!(echo["peer"], node.peer());
}

#[test]
fn a_node_says_who_it_is() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);

    let json = sinew(["identify", node.address(), "--json"]).success();
    let text = sinew(["identify", node.address()]).success();

    let [info] = &json.objects()[..] else {
        panic!("one object: {json:?}");
    };
    assert_eq!(info["peer"], node.peer());
    assert_eq!(info["key_type"], "ed25519");
    assert_eq!(info["listen_addresses"], json!([node.place()]));
    let protocols = info["protocols"].as_array().unwrap();
    for protocol in ["/echo/1.0.0", "/ipfs/ping/1.0.0", "/ipfs/id/1.0.0"] {
        assert!(
            protocols.contains(&Value::from(protocol)),
            "{protocol}: {info}"
        );
    }
    let observed = info["observed_address"].as_str().unwrap();
    assert!(observed.starts_with("/ip4/127.0.0.1/udp/"), "{observed}");
    assert!(text.stdout.contains(node.peer()), "{text:?}");
}

#[test]
fn a_client_is_known_by_its_key_file_whatever_the_type() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut node = Node::start(there.path(), &["--receive", there.path().to_str().unwrap()]);
    for key_type in ["ed25519", "secp256k1", "ecdsa"] {
        let key = here.path().join(key_type);
        let key = key.to_str().unwrap();
        let made = sinew(["key", "generate", "--type", key_type, key, "--json"]).success();
        let (file, _) = file(here.path(), &format!("by {key_type}"), 10);

        sinew(["send", node.address(), &file, "--key", key]).success();

        let received = node.line();
        let peer = made.objects()[0]["peer"].as_str().unwrap().to_owned();
        assert!(received.ends_with(&format!("from {peer}")), "{received}");
    }
}

#[test]
fn files_arrive_as_they_were_and_are_told_on_both_sides() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let inbox = there.path().join("inbox");
    let mut node = Node::start(there.path(), &["--receive", inbox.to_str().unwrap()]);
    let (small, content_of_small) = file(here.path(), "small.txt", 3);
    let (empty, _) = file(here.path(), "empty", 0);
    let (large, content_of_large) = file(here.path(), "large.bin", 5_000_000);

    let run = sinew(["send", node.address(), &small, &empty, &large, "--json"]).success();

    let mut names: Vec<_> = run.objects().iter().map(|it| it["name"].clone()).collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["empty", "large.bin", "small.txt"]);
    assert_eq!(fs::read(inbox.join("small.txt")).unwrap(), content_of_small);
    assert_eq!(fs::read(inbox.join("large.bin")).unwrap(), content_of_large);
    assert_eq!(fs::read(inbox.join("empty")).unwrap(), b"");
    assert!(node.line().starts_with("received "));
}

#[test]
fn a_file_that_is_there_is_not_sent_again_and_another_of_its_name_overwrites_nothing() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let inbox = there.path().join("inbox");
    let node = Node::start(there.path(), &["--receive", inbox.to_str().unwrap()]);
    let (path, content) = file(here.path(), "note.txt", 100);
    sinew(["send", node.address(), &path]).success();

    let again = sinew(["send", node.address(), &path, "--json"]).success();
    fs::write(&path, "something else").unwrap();
    let other = sinew(["send", node.address(), &path]).failure();

    assert_eq!(again.objects()[0]["was_there"], json!(true));
    assert!(other.stderr.contains("another name"), "{other:?}");
    assert_eq!(fs::read(inbox.join("note.txt")).unwrap(), content);
}

#[cfg(unix)]
#[test]
fn signals_end_a_node_and_its_peers_see_a_proper_close() {
    for name in ["TERM", "INT"] {
        let folder = TempDir::new().unwrap();
        let node = Node::start(folder.path(), &[]);
        let pinging = command(["ping", node.address(), "-c", "0", "-i", "0.05"]);
        let (child, first) = start_until_first_line(pinging);
        assert!(first.contains("ping 1"), "{first}");

        let code = node.stop(name);
        let run = finish(child);

        assert_eq!(code, Some(0), "{name}");
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(
            run.stderr.contains("closed the connection: shutdown")
                || run.stderr.contains("connection with"),
            "{run:?}"
        );
        assert!(!run.stderr.contains("nothing was heard"), "{run:?}");
    }
}

#[test]
fn a_node_without_a_port_to_listen_on_says_which_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);

    let run = sinew([
        "node",
        "--key",
        folder.path().join("node.key").to_str().unwrap(),
        "--listen",
        node.place(),
    ])
    .failure();

    assert!(run.stderr.contains("/udp/0/quic-v1"), "{run:?}");
    assert_eq!(run.stdout, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_node_without_a_key_keeps_one_in_the_data_folder_and_says_where() {
    let home = TempDir::new().unwrap();
    let start = || {
        let mut node = command(["node", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1"]);
        Node::of(node.env("HOME", home.path()))
    };

    let first = start();
    let peer = first.peer().to_owned();
    drop(first);
    let second = start();

    assert_eq!(second.peer(), peer);
    let key = home.path().join(".local/share/sinew");
    assert!(
        fs::read_dir(&key).unwrap().count() > 0,
        "a key in {}",
        key.display()
    );
}

#[test]
fn an_unspecified_address_is_printed_as_those_that_can_be_dialed() {
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("key");
    sinew(["key", "generate", key.to_str().unwrap()]).success();
    let mut node = command(["node", "--listen", "/ip4/0.0.0.0/udp/0/quic-v1", "--key"]);

    let node = Node::of(node.arg(&key));

    assert!(!node.address().contains("0.0.0.0"), "{}", node.address());
    sinew(["ping", node.address(), "-c", "1"]).success();
}

#[test]
fn logs_go_to_stderr_as_lines_or_as_objects() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);
    let ping = ["ping", node.address(), "-c", "1", "--log-level", "debug"];

    let text = sinew(ping).success();
    let json = sinew([&ping[..], &["--log-format", "json"]].concat()).success();

    assert!(text.stderr.contains("DEBUG"), "{text:?}");
    assert!(!text.stdout.contains("DEBUG"), "{text:?}");
    for line in json.stderr.lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        assert!(object["level"].is_string(), "{line}");
    }
    assert!(!json.stderr.is_empty());
}

#[test]
fn the_demo_tells_its_steps_to_programs_too() {
    let run = sinew(["demo", "--size", "1M", "--streams", "3", "--json"]).success();

    let (compared, steps): (Vec<_>, Vec<_>) = run
        .objects()
        .into_iter()
        .partition(|it| it["event"] == "compared");
    let names: Vec<_> = steps.iter().map(|it| it["step"].clone()).collect();
    for name in ["handshake", "identify", "ping", "echo", "transfer", "check"] {
        assert!(names.contains(&Value::from(name)), "{name}: {run:?}");
    }
    assert_eq!(names.iter().filter(|it| **it == "ping").count(), 5);
    assert!(steps.iter().all(|it| it["time_ms"].is_f64()), "{run:?}");
    // A busy machine may make them look like more, and nothing makes them look like fewer.
    for (stack, at_least) in [("QUIC", 2), ("TCP + TLS", 3), ("TCP + Noise", 3)] {
        let it = compared.iter().find(|it| it["stack"] == stack).unwrap();
        assert!(it["round_trips"].as_u64().unwrap() >= at_least, "{it}");
    }
}

#[test]
fn the_demo_runs_to_its_end() {
    let run = sinew(["demo"]).success();

    assert_eq!(run.stderr, "", "no bars where there is no terminal");

    for step in [
        "handshake",
        "identify",
        "5 of 5",
        "echo",
        "transfer",
        "sha256",
    ] {
        assert!(run.stdout.contains(step), "{step}: {}", run.stdout);
    }
}

/// Writes a file of `len` bytes that repeat late, and returns its path and content.
fn file(folder: &Path, name: &str, len: usize) -> (String, Vec<u8>) {
    let content: Vec<u8> = (0..len).map(|i| (i * 31 / 7 % 251) as u8).collect();
    let path = folder.join(name);
    fs::write(&path, &content).unwrap();
    (path.to_str().unwrap().into(), content)
}

/// Starts a program and waits until it has said something.
#[cfg(unix)]
fn start_until_first_line(mut command: std::process::Command) -> (std::process::Child, String) {
    use std::io::Read as _;

    let mut child = command.spawn().unwrap();
    let stdout = child.stdout.as_mut().unwrap();
    let mut line = Vec::new();
    let mut byte = [0];
    while stdout.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
        line.extend_from_slice(&byte);
    }
    (child, String::from_utf8(line).unwrap())
}
