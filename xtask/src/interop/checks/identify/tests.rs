//! Answers to identify, made up.

use super::*;
use crate::interop::plan::{self, Implementation, Scope};

#[test]
fn wants_everything_that_a_peer_says_of_itself() {
    let judge = |text: &str| tells_who_they_are(text, &row(Direction::WeDial), "12D3A");

    assert_eq!(judge(THEIRS), Ok(()));
    for (right, wrong) in [
        ("12D3A", "12D3B"),
        ("ed25519", "rsa"),
        ("go-libp2p/", "js-libp2p/"),
        ("\"/ip4/127.0.0.1/udp/7/quic-v1\"", "null"),
        ("/echo/1.0.0", "/other/1.0.0"),
        ("/ipfs/ping/1.0.0", "/other/1.0.0"),
    ] {
        let other = THEIRS.replace(right, wrong);
        assert!(judge(&other).is_err(), "{other}");
    }
}

#[test]
fn wants_them_to_learn_who_we_are() {
    let judge = |told: &Identified| {
        let dialed = "/ip4/127.0.0.1/udp/9/quic-v1/p2p/12D3A";
        tells_who_listens(told, &row(Direction::TheyDial), dialed)
    };

    assert_eq!(judge(&ours(|_| {})), Ok(()));
    assert!(judge(&ours(|told| told.agent = "go-libp2p/1".to_owned())).is_err());
    assert!(judge(&ours(|told| told.listen_addresses.clear())).is_err());
    assert!(judge(&ours(|told| told.protocols.truncate(2))).is_err());
}

fn ours(change: impl FnOnce(&mut Identified)) -> Identified {
    let mut told = Identified {
        agent: "sinew/0.1.0".to_owned(),
        protocols: SERVED.map(str::to_owned).to_vec(),
        listen_addresses: vec!["/ip4/127.0.0.1/udp/9/quic-v1/p2p/12D3A".to_owned()],
    };
    change(&mut told);
    told
}

fn row(direction: Direction) -> Row {
    let mut rows = plan::rows(Implementation::Go, Scope::Quick).into_iter();
    rows.find(|row| row.direction == direction).unwrap()
}

const THEIRS: &str = r#"{"peer":"12D3A","key_type":"ed25519","agent_version":"go-libp2p/0.51.0","observed_address":"/ip4/127.0.0.1/udp/7/quic-v1","protocols":["/echo/1.0.0","/ipfs/id/1.0.0","/ipfs/ping/1.0.0"]}"#;
