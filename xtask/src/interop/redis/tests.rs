//! Lines as the monitor prints them.

use super::*;

#[test]
fn reads_what_was_appended_to_the_list_whatever_the_case() {
    let lines = [
        r#"1795452602.345117 [0 127.0.0.1:40822] "RPUSH" "listenerAddr" "/ip4/192.0.2.1/tcp/7""#,
        r#"1795452602.345117 [0 127.0.0.1:40822] "rpush" "listenerAddr" "/ip4/192.0.2.1/tcp/7""#,
    ];

    for line in lines {
        assert_eq!(appended(line, "listenerAddr"), Some("/ip4/192.0.2.1/tcp/7"));
    }
}

#[test]
fn passes_over_other_commands_and_other_lists() {
    let lines = [
        r#"1795452602.345117 [0 127.0.0.1:40822] "BLPOP" "listenerAddr" "180""#,
        r#"1795452602.345117 [0 127.0.0.1:40822] "RPUSH" "another" "/ip4/192.0.2.1/tcp/7""#,
        r#"1795452602.345117 [0 127.0.0.1:40822] "RPUSH" "listenerAddr""#,
        "OK",
        "",
    ];

    for line in lines {
        assert_eq!(appended(line, "listenerAddr"), None, "{line}");
    }
}
