//! Judgements on made-up reports and outputs.

use super::*;

#[test]
fn passes_a_check_whose_part_was_reached() {
    let report = report(
        r#"{"ok":true,"ping_ms":[1,1,1,1,1],"echo":{"bytes":1048576},
        "identify":{"agent":"a","protocols":["/ipfs/ping/1.0.0"],"listen_addresses":[]}}"#,
    );

    for check in [Check::Ping, Check::Identify, Check::Echo] {
        assert_eq!(judge(check, &report), Ok(()));
    }
}

#[test]
fn fails_only_the_checks_that_were_not_reached() {
    let report = report(r#"{"ok":false,"ping_ms":[1,1,1,1,1],"error":"echo: reset"}"#);

    assert_eq!(judge(Check::Ping, &report), Ok(()));
    assert_eq!(judge(Check::Echo, &report), Err("echo: reset".to_owned()));
}

#[test]
fn fails_an_echo_of_another_length() {
    let report = report(r#"{"ok":true,"echo":{"bytes":7}}"#);

    assert!(judge(Check::Echo, &report).is_err());
}

#[test]
fn wants_five_answers() {
    let answers = |count| "{\"event\":\"ping\"}\n".repeat(count);
    let summary = "{\"event\":\"summary\"}\n";

    assert!(answered_five_times(&(answers(5) + summary)).is_ok());
    assert!(answered_five_times(&(answers(4) + summary)).is_err());
    assert!(answered_five_times(&"pong\n".repeat(5)).is_err());
}

#[test]
fn wants_the_muxer_chosen_as_planned() {
    let told = r#"{"event":"identify","connection":{"muxer_choice":"tls"}}"#;

    assert!(tells_choice(told, MuxerChoice::InTls).is_ok());
    assert!(tells_choice(told, MuxerChoice::Negotiated).is_err());
    assert!(tells_choice("{}", MuxerChoice::InTls).is_err());
}

#[test]
fn reads_from_a_log_how_the_muxer_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let line =
        "INFO connected peer=a direction=Inbound security=noise with yamux, chosen by negotiation";
    fs::write(&log, line).unwrap();

    assert!(logged_choice(&log, MuxerChoice::Negotiated).is_ok());
    assert!(logged_choice(&log, MuxerChoice::InNoise).is_err());
    fs::write(&log, "INFO disconnected peer=a").unwrap();
    assert!(logged_choice(&log, MuxerChoice::Negotiated).is_err());
}

#[test]
fn wants_an_excuse_dropped_that_is_none_any_more() {
    let failed = Outcome::Failed("no".to_owned());

    assert_eq!(excused(failed.clone(), None), failed);
    assert_eq!(excused(failed, Some("why")), Outcome::NotSupported("why"));
    assert!(matches!(
        excused(Outcome::Passed, Some("why")),
        Outcome::Failed(_)
    ));
}

fn report(json: &str) -> DialReport {
    serde_json::from_str(json).unwrap()
}
