//! What is printed, which scripts read.

use super::*;

const BOTH: Duration = Duration::from_micros(5_011);
const PING: Duration = Duration::from_nanos(599_400);

#[test]
fn prints_the_current_form() {
    let text = report(Form::Current, BOTH, PING);

    assert_eq!(
        text,
        "latency:\n  handshake_plus_one_rtt: 5.011\n  ping_rtt: 0.599\n  unit: ms"
    );
}

#[test]
fn prints_the_legacy_form() {
    let text = report(Form::Legacy, BOTH, PING);

    assert_eq!(
        text,
        r#"{"handshakePlusOneRTTMillis": 5.011, "pingRTTMilllis": 0.599}"#
    );
}
