//! What other implementations do, and what is no reason to fail.

use prost::Message as _;
use sinew_identify::{Info, RecordError};
use sinew_multiaddr::PeerRecord;

use crate::peers::{Message, address, alice, bob, bobs_info, told, told_bytes};

fn message() -> Message {
    Message {
        public_key: Some(bob().public().to_protobuf()),
        ..Message::default()
    }
}

#[tokio::test]
async fn a_signed_record_in_a_message_of_its_own_is_joined() {
    let record = bobs_info().signed_peer_record.unwrap().to_protobuf();
    let first = Message {
        protocols: vec!["/echo/1.0.0".into()],
        listen_addrs: vec![address("/ip4/203.0.113.9/tcp/1").to_bytes()],
        ..message()
    };
    let second = Message {
        signed_peer_record: Some(record),
        ..Message::default()
    };

    let info = told(&[first, second]).await.unwrap();

    assert_eq!(info.protocols.len(), 1);
    assert!(info.peer_record.is_some());
    // What is signed takes the place of what is not.
    let addresses: Vec<_> = info.dialable_addresses(bob().peer_id()).collect();
    assert_eq!(addresses.len(), 2);
    assert!(addresses.iter().all(|it| it.port() == Some(4001)));
}

#[tokio::test]
async fn an_empty_protocol_version_and_a_missing_key_are_fine() {
    let info = told(&[Message {
        protocol_version: Some(String::new()),
        agent_version: Some("js/1".into()),
        ..Message::default()
    }])
    .await
    .unwrap();

    assert_eq!(info.protocol_version, None);
    assert_eq!(info.agent_version.as_deref(), Some("js/1"));
    assert_eq!(info.public_key, None);
}

#[tokio::test]
async fn an_observed_address_may_name_us_or_another_transport() {
    let js = address("/ip4/198.51.100.1/udp/9/quic-v1").with_peer(alice().peer_id());
    let py = address("/ip4/198.51.100.1/tcp/9");

    for (sent, expected) in [(js.clone(), js.without_peer()), (py.clone(), py)] {
        let info = told(&[Message {
            observed_addr: Some(sent.to_bytes()),
            ..message()
        }])
        .await
        .unwrap();

        assert_eq!(info.observed(), Some(expected));
    }
}

#[tokio::test]
async fn addresses_and_protocols_that_nobody_can_use_are_skipped() {
    let info = told(&[Message {
        listen_addrs: vec![
            vec![],
            vec![0xff; 4],
            address("/ip4/192.0.2.2/tcp/0").to_bytes(),
            address("/ip4/192.0.2.2/tcp/1").to_bytes(),
            address("/ip4/192.0.2.2/tcp/2")
                .with_peer(alice().peer_id())
                .to_bytes(),
        ],
        observed_addr: Some(vec![0xff; 4]),
        protocols: vec!["no-slash".into(), "/umlaut/ä".into(), "/good/1".into()],
        ..message()
    }])
    .await
    .unwrap();

    let dialable: Vec<_> = info.dialable_addresses(bob().peer_id()).collect();
    let expected = address("/ip4/192.0.2.2/tcp/1").with_peer(bob().peer_id());
    assert_eq!(dialable, [expected]);
    assert_eq!(info.observed(), None);
    assert_eq!(info.protocols, ["/good/1"]);
}

#[tokio::test]
async fn text_is_made_fit_to_be_printed() {
    let info = told(&[Message {
        agent_version: Some(format!("evil\u{1b}[2J{}", "x".repeat(1000))),
        ..message()
    }])
    .await
    .unwrap();

    let agent = info.agent_version.unwrap();
    assert!(agent.starts_with("evil\u{fffd}[2J"));
    assert_eq!(agent.chars().count(), Info::MAX_TEXT_CHARS);
}

#[tokio::test]
async fn unknown_fields_are_skipped() {
    let mut unknown = message().encode_to_vec();
    prost::encoding::string::encode(99, &"from the future".to_owned(), &mut unknown);
    let mut framed = Vec::new();
    prost::encoding::encode_varint(unknown.len() as u64, &mut framed);
    framed.extend(unknown);

    let info = told_bytes(framed).await.unwrap();

    assert_eq!(info.public_key, Some(bob().public()));
}

#[tokio::test]
async fn a_record_that_does_not_hold_is_ignored_and_told() {
    let mut forged = bobs_info().signed_peer_record.unwrap().to_protobuf();
    *forged.last_mut().unwrap() ^= 1;
    let of_alice = PeerRecord {
        peer_id: alice().peer_id(),
        seq: 1,
        addresses: vec![address("/ip4/203.0.113.9/tcp/1").into()],
    };
    let of_alice = of_alice.seal(&alice()).unwrap().to_protobuf();

    for (record, is_expected) in [
        (
            forged,
            (|error| matches!(error, RecordError::Record(_))) as fn(RecordError) -> bool,
        ),
        (vec![0xff; 8], |error| {
            matches!(error, RecordError::Envelope(_))
        }),
        (of_alice, |error| {
            error
                == RecordError::OfAnother {
                    expected: bob().peer_id(),
                    actual: alice().peer_id(),
                }
        }),
    ] {
        let info = told(&[Message {
            listen_addrs: vec![address("/ip4/192.0.2.2/tcp/1").to_bytes()],
            signed_peer_record: Some(record),
            ..message()
        }])
        .await
        .unwrap();

        assert!(is_expected(info.record_error.unwrap()));
        assert_eq!(info.peer_record, None);
        assert_eq!(info.listen_addresses.len(), 1);
    }
}
