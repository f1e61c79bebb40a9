//! Reasons as our side words them.

use super::*;

const RESET_IN_FULL: &str = "the peer no longer knows this connection (it may have restarted)";
const TIMED_OUT: &str = "nothing heard from the peer for 30s";

#[test]
fn takes_no_orderly_end_for_a_loss() {
    let orderly = [
        "closed by the peer: no error",
        "closed by this side: no error",
        "the transport shut down",
        "the stream ended",
    ];

    for reason in orderly {
        for stack in [Stack::Quic, Stack::TcpNoise, Stack::TcpTls] {
            assert!(is_plausible(stack, reason, MOMENT).is_err(), "{reason}");
        }
    }
}

#[test]
fn wants_a_reset_at_once_over_tcp() {
    for stack in [Stack::TcpNoise, Stack::TcpTls] {
        assert_eq!(is_plausible(stack, RESET_IN_FULL, MOMENT), Ok(()));
        assert!(is_plausible(stack, RESET_IN_FULL, seconds(3)).is_err());
        assert!(is_plausible(stack, TIMED_OUT, seconds(30)).is_err());
    }
}

#[test]
fn wants_the_idle_timeout_kept_over_quic() {
    let judge = |reason, after| is_plausible(Stack::Quic, reason, after);

    assert_eq!(judge(TIMED_OUT, seconds(31)), Ok(()));
    assert_eq!(judge(TIMED_OUT, seconds(40)), Ok(()));
    assert!(judge(TIMED_OUT, seconds(43)).is_err());
    assert!(judge(TIMED_OUT, seconds(3)).is_err());
    assert_eq!(judge(RESET_IN_FULL, MOMENT), Ok(()));
    assert!(judge(RESET_IN_FULL, seconds(30)).is_err());
}

#[test]
fn reads_an_idle_timeout_of_any_unit() {
    let timeout = |text: &str| idle_timeout(&format!("nothing heard from the peer for {text}"));

    assert_eq!(timeout("30s"), Some(seconds(30)));
    assert_eq!(timeout("4.5s"), Some(Duration::from_millis(4500)));
    assert_eq!(timeout("750ms"), Some(Duration::from_millis(750)));
    assert_eq!(timeout("long"), None);
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const MOMENT: Duration = Duration::from_millis(1);
