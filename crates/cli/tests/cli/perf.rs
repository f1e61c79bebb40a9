//! A node that lets itself be measured, and those who measure it.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Finished, Node, sinew};

#[test]
fn an_upload_and_a_download_are_told_with_their_rates() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &["--perf"]);
    let sizes = ["--upload", "3M", "--download", "5M", "--streams", "4"];

    let run = sinew([&["perf", node.address(), "--json"], &sizes[..]].concat()).success();

    let measured = measured(&run);
    assert_eq!(measured["peer"], node.peer());
    assert_eq!(measured["connection"]["transport"], "quic-v1");
    assert_eq!(measured["streams"], json!(4));
    assert_eq!(measured["upload"]["bytes"], json!(3 << 20));
    assert_eq!(measured["download"]["bytes"], json!(5 << 20));
    for direction in ["upload", "download"] {
        assert_agree(&measured[direction]);
    }
    assert!(measured["first_byte_ms"].as_f64().unwrap() > 0.0);
    assert!(measured["rtt_ms"].as_f64().unwrap() > 0.0);
    assert!(measured["mtu_bytes"].as_u64().unwrap() >= 1200);
    assert!(measured["lost_packets"].is_u64(), "{measured}");
}

#[test]
fn a_download_for_a_time_is_what_is_measured_when_nothing_is_said() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &["--perf"]);

    let run = sinew(["perf", node.address(), "--seconds", "0.5", "--json"]).success();

    let measured = measured(&run);
    assert_eq!(measured["upload"], Value::Null);
    assert!(measured["download"]["bytes"].as_u64().unwrap() > 0);
    assert!(measured["download"]["seconds"].as_f64().unwrap() >= 0.5);
}

#[test]
fn both_directions_can_be_measured_for_a_time_over_either_transport() {
    let folder = TempDir::new().unwrap();
    let mut node = Node::start(
        folder.path(),
        &["--perf", "--listen", "/ip4/127.0.0.1/tcp/0"],
    );
    let tcp = node.line();
    let tcp = tcp.strip_prefix("listening ").unwrap().to_owned();
    let options = "--upload --download --seconds 0.5 --streams 3 --json";

    for (address, security) in [(node.address(), "tls"), (&*tcp, "tls"), (&*tcp, "noise")] {
        let narrowed = match address == tcp {
            true => &["--security", security][..],
            false => &[],
        };
        let options: Vec<_> = options.split(' ').collect();
        let run = sinew([&["perf", address], narrowed, &options].concat()).success();

        let measured = measured(&run);
        assert_eq!(measured["connection"]["security"], security);
        for direction in ["upload", "download"] {
            assert!(measured[direction]["bytes"].as_u64().unwrap() > 0);
            assert!(measured[direction]["seconds"].as_f64().unwrap() >= 0.5);
        }
    }
}

#[test]
fn people_read_what_was_measured() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &["--perf"]);

    let run = sinew(["perf", node.address(), "--upload", "1M"]).success();

    assert!(
        run.stdout.starts_with("uploaded    1.00 MiB in "),
        "{run:?}"
    );
    for words in [
        "Mbit/s",
        "MiB/s",
        "round trip",
        "over        one stream of quic-v1",
    ] {
        assert!(run.stdout.contains(words), "{words}: {run:?}");
    }
    assert!(!run.stdout.contains("downloaded"), "{run:?}");
    assert_eq!(run.stderr, "", "no line where there is no terminal");
}

#[test]
fn programs_are_told_how_it_goes() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &["--perf"]);

    let run = sinew(["perf", node.address(), "--seconds", "1.5", "--json"]).success();

    let objects = run.objects();
    let (measured, live) = objects.split_last().unwrap();
    assert!(!live.is_empty(), "{run:?}");
    for live in live {
        assert_eq!(live["event"], "perf_progress");
        assert_eq!(live["uploaded_bytes"], json!(0));
        let (so_far, all) = (&live["downloaded_bytes"], &measured["download"]["bytes"]);
        assert!(so_far.as_u64().unwrap() <= all.as_u64().unwrap(), "{run:?}");
        assert!(live["download_megabits_per_second"].is_f64(), "{live}");
    }
}

#[test]
fn a_node_that_was_not_told_to_is_not_measured_and_the_way_to_it_is_told() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &[]);

    for what in ["--download", "--upload"] {
        let run = sinew(["perf", node.address(), what, "1G"]).failure();

        for words in [
            "no protocol in common",
            "/perf/1.0.0",
            "at fault: the peer",
            "sinew node --perf",
        ] {
            assert!(run.stderr.contains(words), "{words}: {run:?}");
        }
    }
}

#[test]
fn one_node_serves_many_measurements_one_after_the_other() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(folder.path(), &["--perf"]);
    let all_of_a_peer = ["--streams", "64", "--seconds", "0.5"];

    // Places that were not given back would be missing in the fifth.
    for _ in 0..5 {
        sinew([&["perf", node.address()], &all_of_a_peer[..]].concat()).success();
    }
}

#[test]
fn what_cannot_be_measured_is_bad_usage() {
    let address = "/ip4/127.0.0.1/udp/4001/quic-v1";
    for (options, words) in [
        (["--seconds", "0"].as_slice(), "no time"),
        (&["--streams", "0"], "1..=64"),
        (&["--upload", "many"], "number of bytes"),
        (&["--upload", "1M", "--seconds", "3"], "--seconds is for"),
    ] {
        let run = sinew([&["perf", address], options].concat());

        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
}

/// Returns the last object, which tells what was measured.
fn measured(run: &Finished) -> Value {
    let measured = run.objects().pop().unwrap();
    assert_eq!(measured["event"], "perf", "{run:?}");
    measured
}

/// Asserts that bytes, time and rates of a direction tell the same.
fn assert_agree(direction: &Value) {
    let number = |name: &str| direction[name].as_f64().unwrap();
    let bytes_per_second = number("bytes") / number("seconds");
    for (name, unit) in [
        ("megabits_per_second", 1e6 / 8.0),
        ("mebibytes_per_second", 1048576.0),
    ] {
        let ratio = number(name) * unit / bytes_per_second;
        assert!((0.999..1.001).contains(&ratio), "{direction}");
    }
}
