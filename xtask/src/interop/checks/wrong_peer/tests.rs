//! Judgements on made-up refusals and logs.

use super::*;

const ACTUAL: &str = "12D3KooWActual";

#[test]
fn replaces_the_peer_of_an_address() {
    let wrong = instead_of(&format!("/ip4/127.0.0.1/udp/9/quic-v1/p2p/{ACTUAL}"));

    assert_eq!(
        wrong,
        format!("/ip4/127.0.0.1/udp/9/quic-v1/p2p/{OTHER_PEER}")
    );
}

#[cfg(unix)]
#[test]
fn wants_our_refusal_to_name_both_peers() {
    let both = format!("expected {OTHER_PEER}, {ACTUAL} answered");

    assert!(refused_by_us(&finished(1, &both), ACTUAL).is_ok());
    assert!(refused_by_us(&finished(0, &both), ACTUAL).is_err());
    assert!(refused_by_us(&finished(1, "wrong peer"), ACTUAL).is_err());
}

#[test]
fn wants_them_to_refuse_because_of_who_we_are() {
    let refusal = |error: &str| report(&format!(r#"{{"ok":false,"error":"{error}"}}"#));

    assert_eq!(
        refused_by_them(&refusal("12D3KooWActual answered"), ACTUAL),
        Ok(())
    );
    assert_eq!(refused_by_them(&refusal("Unexpected Peer"), ACTUAL), Ok(()));
    assert!(refused_by_them(&refusal("connection refused"), ACTUAL).is_err());
}

#[test]
fn fails_when_they_went_on_with_us() {
    let ping = r#"{"ok":false,"ping_ms":[1],"error":"12D3KooWActual"}"#;

    assert!(refused_by_them(&report(ping), ACTUAL).is_err());
    assert!(refused_by_them(&report(r#"{"ok":true}"#), ACTUAL).is_err());
}

#[test]
fn counts_connections_whose_end_was_not_logged() {
    let connected = "INFO connected peer=a direction=Inbound\n";
    let disconnected = "INFO disconnected peer=a remaining=0\n";

    assert_eq!(left(connected), Some(1));
    assert_eq!(left(&[connected, disconnected].concat()), Some(0));
    assert_eq!(
        left(&[connected, disconnected, connected].concat()),
        Some(1)
    );
    assert_eq!(left("INFO somebody could not connect"), None);
}

#[cfg(unix)]
fn finished(code: i32, log: &str) -> Finished {
    use std::os::unix::process::ExitStatusExt as _;
    Finished {
        status: std::process::ExitStatus::from_raw(code << 8),
        stdout: String::new(),
        log: log.to_owned(),
    }
}

fn report(json: &str) -> DialReport {
    serde_json::from_str(json).unwrap()
}
