//! Which names are safe.

use super::*;

#[test]
fn takes_ordinary_names() {
    for name in [
        "report.pdf",
        "a",
        "no extension",
        "photos/2026/summer (1).jpg",
        "Grüße.txt",
        "写真.jpg",
        "console.log",
        "com10.txt",
        "comma",
        "null",
        "a..b",
        "tilde~1.txt",
        "-rf",
    ] {
        assert_eq!(parse(name).map(|_| ()), Ok(()), "{name:?}");
    }
}

#[test]
fn refuses_names_that_climb() {
    for name in ["..", ".", "../a", "a/../b", "a/..", "./a", "a/./b"] {
        assert_eq!(parse(name), Err(UnsafeName::Climbing), "{name:?}");
    }
}

#[test]
fn refuses_absolute_names() {
    for name in ["/", "/etc/passwd", "//server/share"] {
        assert_eq!(parse(name), Err(UnsafeName::Absolute), "{name:?}");
    }
}

#[test]
fn refuses_empty_parts() {
    for name in ["", "a//b", "a/"] {
        assert_eq!(parse(name), Err(UnsafeName::Empty), "{name:?}");
    }
}

#[test]
fn refuses_characters_with_a_meaning_and_those_unseen() {
    for (name, character) in [
        ("C:evil", ':'),
        ("a.txt:stream", ':'),
        ("..\\a", '\\'),
        ("a\0b", '\0'),
        ("a\nb", '\n'),
        ("a\u{7f}", '\u{7f}'),
        ("a\u{85}", '\u{85}'),
        ("exe.\u{202e}gpj", '\u{202e}'),
        (".sinew-\u{200c}partial", '\u{200c}'),
    ] {
        assert_eq!(
            parse(name),
            Err(UnsafeName::Character { character }),
            "{name:?}"
        );
    }
}

#[test]
fn refuses_devices() {
    for name in [
        "CON",
        "nul",
        "Aux.txt",
        "com1",
        "LPT9.tar.gz",
        "COM0",
        "com¹.x",
        "prn .txt",
        "a/NUL/b",
        "CONOUT$",
    ] {
        assert_eq!(parse(name), Err(UnsafeName::Device), "{name:?}");
    }
}

#[test]
fn refuses_what_windows_would_shorten() {
    for name in ["a.", "a ", "a./b", "a /b", "..."] {
        assert_eq!(parse(name), Err(UnsafeName::TrailingDotOrSpace), "{name:?}");
    }
}

#[test]
fn refuses_the_receivers_own_folder() {
    for name in [
        ".sinew-partial",
        ".SINEW-Partial/x",
        "a/.sinew-partial",
        "SINEW-~1/lock",
    ] {
        let rules = NameRules {
            dangerous_hidden: true,
            ..NameRules::default()
        };
        assert_eq!(
            SafeName::parse(name, &rules),
            Err(UnsafeName::Reserved),
            "{name:?}"
        );
    }
}

#[test]
fn refuses_hidden_names_unless_told_otherwise() {
    let rules = NameRules {
        dangerous_hidden: true,
        ..NameRules::default()
    };

    assert_eq!(parse(".bashrc"), Err(UnsafeName::Hidden));
    assert_eq!(parse("a/.ssh/key"), Err(UnsafeName::Hidden));
    assert!(SafeName::parse(".bashrc", &rules).is_ok());
}

#[test]
fn refuses_names_past_the_bounds() {
    let part = "x".repeat(SafeName::MAX_PART_BYTES);

    assert!(parse(&part).is_ok());
    assert_eq!(
        parse(&format!("{part}x")),
        Err(UnsafeName::PartTooLong { len: 256 })
    );
    assert!(parse("1/2/3/4/5/6/7/8").is_ok());
    assert_eq!(
        parse("1/2/3/4/5/6/7/8/9"),
        Err(UnsafeName::TooDeep { max: 8 })
    );
    assert_eq!(
        parse(&"x".repeat(1_025)),
        Err(UnsafeName::TooLong { len: 1_025 })
    );
}

#[test]
fn splits_folders_from_the_file() {
    let name = parse("a/b/c.txt").unwrap();
    let flat = parse("c.txt").unwrap();

    assert_eq!(name.folders().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(name.file(), "c.txt");
    assert_eq!(flat.folders().count(), 0);
    assert_eq!(flat.file(), "c.txt");
}

fn parse(name: &str) -> Result<SafeName, UnsafeName> {
    SafeName::parse(name, &NameRules::default())
}
