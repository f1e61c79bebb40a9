//! Each rule against a file that breaks it and one that does not.

use super::rules::*;
use crate::source::SourceFile;

#[test]
fn refuses_mod_rs() {
    assert_eq!(
        no_mod_rs(&file("crates/a/src/b/mod.rs", "")),
        Some(Finding::of("crates/a/src/b/mod.rs", Problem::ModRs))
    );
    assert_eq!(no_mod_rs(&file("crates/a/src/b.rs", "")), None);
}

#[test]
fn wants_a_sentence_at_the_top() {
    assert_eq!(
        opens_with_a_sentence(&file("a.rs", "//! Says what it holds.\n")),
        None
    );
    assert!(opens_with_a_sentence(&file("a.rs", "use std::fmt;\n")).is_some());
    assert!(opens_with_a_sentence(&file("a.rs", "//!\n//! Late.\n")).is_some());
}

#[test]
fn counts_only_lines_that_are_not_tests() {
    let long = "x\n".repeat(601);
    let long_tests = format!("{}mod tests {{\n{long}", "x\n".repeat(600));

    assert_eq!(
        is_short(&file("src/a.rs", &long)),
        Some(Finding::of("src/a.rs", Problem::TooLong(601)))
    );
    assert_eq!(is_short(&file("src/a.rs", &long_tests)), None);
    assert_eq!(is_short(&file("src/a/tests.rs", &long)), None);
    assert_eq!(is_short(&file("crates/a/tests/open.rs", &long)), None);
}

#[test]
fn refuses_what_stands_for_missing_work() {
    let text = format!("fn a() {{\n    {}!()\n}}\n", "todo");

    let findings = no_placeholder(&file("a.rs", &text));

    assert_eq!(
        findings,
        [Finding::at(
            "a.rs",
            2,
            Problem::Placeholder(concat!("todo", "!("))
        )]
    );
}

#[test]
fn wants_drivers_to_ask_the_runtime_for_time_and_tasks() {
    let text =
        "//! A driver.\nlet now = Instant::now();\n// Not Instant::now().\ntokio::spawn(task);\n";
    let at = |path: &str| {
        let findings = asks_the_runtime(&file(path, text));
        findings.len()
    };

    assert_eq!(at("crates/quic/src/shard.rs"), 2);
    assert_eq!(at("crates/quic/tests/quic/open.rs"), 0);
    assert_eq!(at("crates/runtime/src/tokio/clock.rs"), 0);
    assert_eq!(at("crates/cli/src/clock.rs"), 0);
    assert_eq!(at("bench/src/main.rs"), 0);
}

#[test]
fn refuses_ignored_tests() {
    let text = format!("#[test]\n#[{}]\nfn a() {{}}\n", "ignore");

    assert_eq!(no_placeholder(&file("a.rs", &text)).len(), 1);
}

#[test]
fn refuses_code_in_lib() {
    let text = "//! A crate.\n\nmod a;\n\npub fn b() {}\n";

    assert_eq!(
        lib_only_lists(&file("crates/a/src/lib.rs", text)),
        Some(Finding::at("crates/a/src/lib.rs", 5, Problem::ItemInLib))
    );
    assert_eq!(lib_only_lists(&file("crates/a/src/b.rs", text)), None);
    assert_eq!(
        lib_only_lists(&file(
            "crates/a/src/lib.rs",
            "//! A.\nmod a;\npub use a::A;\n"
        )),
        None
    );
}

#[test]
fn refuses_the_paths_of_one_machine() {
    let private = ["/data/me".to_owned()];
    let problem = || Problem::PrivatePath("/data/me".to_owned());

    assert_eq!(
        no_private_path(&file("a.md", "see /data/me/notes\n"), &private),
        [Finding::at("a.md", 1, problem())]
    );
    assert_eq!(
        no_private_path(&file("a.md", "see /data/mean\n"), &private),
        []
    );
    assert_eq!(
        no_private_path(&file("a.md", "see x/data/me\n"), &private),
        []
    );
    let home = format!("cd {}/alice\n", "/home");
    assert_eq!(no_private_path(&file("a.md", &home), &private).len(), 1);
}

#[test]
fn wants_one_clippy_file_for_all_pure_crates() {
    let path = || "crates/a/clippy.toml".to_owned();

    assert_eq!(same_clippy(path(), Some("x"), None), None);
    assert_eq!(same_clippy(path(), Some("x"), Some("x")), None);
    assert_eq!(
        same_clippy(path(), Some("x"), Some("y")),
        Some(Finding::of("crates/a/clippy.toml", Problem::OtherClippy))
    );
    assert_eq!(
        same_clippy(path(), None, Some("y")),
        Some(Finding::of("crates/a/clippy.toml", Problem::NoClippy))
    );
}

#[test]
fn wants_pure_crates_to_forbid_unsafe_code() {
    let path = || "crates/a/src/lib.rs".to_owned();

    assert_eq!(
        forbids_unsafe(path(), Some("//! A.\n#![forbid(unsafe_code)]\n")),
        None
    );
    assert!(forbids_unsafe(path(), Some("//! A.\n")).is_some());
    assert!(forbids_unsafe(path(), None).is_some());
}

#[test]
fn refuses_a_page_that_names_a_test_which_is_not_there() {
    let names = long_names("fn a_test_that_is_there() {}").collect();
    let page = |text| names_what_exists(&file("docs/a.md", text), &names);

    assert_eq!(
        page("`a_test_that_is_there`, `max_size`, a_test_that_is_gone"),
        []
    );
    assert_eq!(
        page("One.\n`a_test_that_is_gone`"),
        [Finding::at(
            "docs/a.md",
            2,
            Problem::NoSuchName("a_test_that_is_gone".to_owned())
        )]
    );
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}
