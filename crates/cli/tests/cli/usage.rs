//! Help, bad usage, completions.

use crate::program::sinew;

#[test]
fn help_names_every_command_and_goes_to_stdout() {
    let help = sinew(["--help"]).success();

    for command in [
        "demo",
        "node",
        "ping",
        "echo",
        "identify",
        "perf",
        "send",
        "key",
        "cert",
        "completions",
    ] {
        assert!(help.stdout.contains(command), "{}", help.stdout);
    }
    assert_eq!(help.stderr, "");
}

#[test]
fn bad_usage_exits_with_two_and_says_what_is_wrong_on_stderr() {
    for (arguments, words) in [
        (&[][..], "Usage"),
        (&["dance"], "unrecognized subcommand"),
        (&["ping"], "MULTIADDR"),
        (&["ping", "192.0.2.7:4001"], "does not begin with '/'"),
        (&["ping", "/ip4/192.0.2.7/udp/4001/quic"], "quic-v1"),
        (
            &["node", "--listen", "/dns4/example.com/udp/1/quic-v1"],
            "host name",
        ),
        (
            &["key", "generate", "--type", "dsa", "file"],
            "possible values",
        ),
    ] {
        let run = sinew(arguments);

        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = sinew(["completions", shell]).success().stdout;

        assert!(
            script.contains("sinew") && script.contains("identify"),
            "{shell}"
        );
    }
}
