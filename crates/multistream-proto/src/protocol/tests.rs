//! Which strings are protocols.

use std::collections::HashMap;

use super::*;

#[test]
fn takes_the_names_in_use() {
    for name in [
        "/ipfs/id/push/1.0.0",
        "/noise",
        "/",
        "/a b~",
        "/libp2p/circuit/relay/0.2.0/hop",
    ] {
        assert_eq!(name.parse::<Protocol>().unwrap(), *name);
    }
}

#[test]
fn refuses_names_that_do_not_start_with_a_slash() {
    for name in ["", "na", "ls", "echo/1", " /echo"] {
        assert_eq!(Protocol::try_from(name), Err(InvalidProtocol::MissingSlash));
    }
}

#[test]
fn refuses_names_that_could_not_be_printed_and_says_where() {
    for name in ["/a\n", "/a\0", "/a\u{7f}", "/aé"] {
        let error = InvalidProtocol::NotPrintable { position: 2 };
        assert_eq!(Protocol::try_from(name), Err(error));
    }
}

#[test]
fn bounds_the_length() {
    let longest = format!("/{}", "x".repeat(Protocol::MAX_LEN - 1));
    let longer = format!("{longest}x");

    assert!(Protocol::try_from(longest).is_ok());
    assert_eq!(
        Protocol::try_from(longer),
        Err(InvalidProtocol::TooLong { len: 256 })
    );
}

#[test]
#[should_panic(expected = "a protocol starts with a slash")]
fn panics_on_a_bad_literal() {
    let _ = Protocol::from_static("echo");
}

#[test]
fn literals_and_parsed_names_are_the_same_key() {
    let literal = Protocol::from_static("/echo/1.0.0");
    let parsed = "/echo/1.0.0".parse::<Protocol>().unwrap();

    let by_name = HashMap::from([(literal.clone(), 7)]);

    assert_eq!(literal, parsed);
    assert_eq!(by_name.get(&parsed), Some(&7));
    assert_eq!(by_name.get("/echo/1.0.0"), Some(&7));
}
