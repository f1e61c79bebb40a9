//! Citations in made-up files.

use super::*;

#[test]
fn finds_citations_in_comments_only() {
    assert_eq!(
        citations("    // [yamux §Window Update] A grant past 2^32 - 1 is a violation."),
        [rule("yamux", "Window Update")]
    );
    assert_eq!(
        citations("/// See [tls §Peer Authentication] and [quic §ALPN]."),
        [rule("tls", "Peer Authentication"), rule("quic", "ALPN")]
    );
    assert_eq!(citations("let a = \"[yamux §Window Update]\";"), []);
    assert_eq!(citations("/// Returns a [`Vec`]."), []);
}

#[test]
fn tells_code_from_tests() {
    let files = [
        file(
            "crates/a/src/a.rs",
            "//! A.\n// [yamux §Flags] Both.\n// [yamux §Ping] Code.\n",
        ),
        file(
            "crates/a/src/a/tests.rs",
            "//! T.\n// [yamux §Flags] Both.\n",
        ),
        file("xtask/src/specs.rs", "// [none §None] Not ours.\n"),
    ];

    let rules = collect(&files);

    assert_eq!(rules.len(), 2);
    let flags = &rules[&rule("yamux", "Flags")];
    assert_eq!(flags.code, ["crates/a/src/a.rs:2"]);
    assert_eq!(flags.tests, ["crates/a/src/a/tests.rs:2"]);
    assert_eq!(rules[&rule("yamux", "Ping")].tests, [""; 0]);
}

#[test]
fn reads_short_names_from_the_table() {
    let names =
        short_names("# Specs\n\n| name | spec |\n|---|---|\n| `yamux` | Yamux |\n| tls | TLS |\n");

    assert!(names.contains("yamux"));
    assert!(names.contains("tls"));
    assert!(!names.contains("quic"));
}

fn rule(spec: &str, section: &str) -> Rule {
    Rule {
        spec: spec.to_owned(),
        section: section.to_owned(),
    }
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}
