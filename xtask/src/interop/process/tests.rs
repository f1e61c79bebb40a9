//! Shells as stand-ins for peers.
#![cfg(unix)]

use super::*;

#[test]
fn finds_a_line_among_others() {
    let (process, _folder) = shell("echo starting; echo 'listening here'; sleep 60");

    assert_eq!(process.wait_for("listening ", GUARD).unwrap(), "here");
}

#[test]
fn tells_an_early_end_from_silence() {
    let (ended, _folder) = shell("echo no");
    let (silent, _other_folder) = shell("sleep 60");

    assert!(matches!(
        ended.wait_for("listening ", GUARD),
        Err(Failure::EndedEarly { .. })
    ));
    let short = Duration::from_millis(50);
    assert!(matches!(
        silent.wait_for("listening ", short),
        Err(Failure::Silent { .. })
    ));
}

#[test]
fn keeps_both_outputs_in_the_log() {
    let (process, _folder) = shell("echo out; echo err >&2; exit 3");

    let finished = process.finish(GUARD).unwrap();

    assert_eq!(finished.status.code(), Some(3));
    assert_eq!(finished.stdout, "out\n");
    assert!(finished.log.contains("out\n"));
    assert!(finished.log.contains("err\n"));
}

#[test]
fn gives_up_on_a_process_that_hangs() {
    let (process, _folder) = shell("sleep 60");

    let outcome = process.finish(Duration::from_millis(50));

    assert!(matches!(outcome, Err(Failure::Hung { .. })));
}

#[test]
fn kills_what_is_dropped() {
    let (process, _folder) = shell("echo $$; exec sleep 60");
    let id = process.wait_for("", GUARD).unwrap();

    drop(process);

    let alive = Command::new("kill")
        .args(["-0", &id])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!alive.success());
}

fn shell(script: &str) -> (Process, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    let process = Process::start(command, folder.path().join("log")).unwrap();
    (process, folder)
}

/// Only guards against hanging.
const GUARD: Duration = Duration::from_secs(30);
