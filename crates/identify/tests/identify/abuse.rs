//! Whatever a peer sends is bounded, and each broken rule has its name.

use prost::Message as _;
use sinew_identify::{IdentifyError, Info, Violation};

use crate::peers::{Message, address, alice, bob, told, told_bytes};

async fn violation(bytes: Vec<u8>) -> Violation {
    match told_bytes(bytes).await {
        Err(IdentifyError::Violation(violation)) => violation,
        other => panic!("no violation: {other:?}"),
    }
}

fn framed(message: &Message) -> Vec<u8> {
    message.encode_length_delimited_to_vec()
}

#[tokio::test]
async fn the_key_of_another_peer_is_refused_with_both_ids() {
    let message = Message {
        public_key: Some(alice().public().to_protobuf()),
        ..Message::default()
    };

    assert_eq!(
        violation(framed(&message)).await,
        Violation::KeyOfAnother {
            expected: bob().peer_id(),
            actual: alice().peer_id(),
        }
    );
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let message = Message {
        public_key: Some(vec![8, 1, 18, 3, 1, 2, 3]),
        ..Message::default()
    };

    assert!(matches!(
        violation(framed(&message)).await,
        Violation::PublicKey(_)
    ));
}

#[tokio::test]
async fn a_length_beyond_the_bound_is_refused_at_once() {
    // 2^63, as some decoders were asked to allocate.
    let huge = vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    let mut long = Vec::new();
    prost::encoding::encode_varint(8 * 1024 + 1, &mut long);

    assert_eq!(violation(huge).await, Violation::MalformedLength);
    assert_eq!(
        violation(long).await,
        Violation::MessageTooLong {
            len: 8 * 1024 + 1,
            max: 8 * 1024
        }
    );
}

#[tokio::test]
async fn messages_without_end_are_refused() {
    assert_eq!(
        violation(vec![0; 1000]).await,
        Violation::TooManyMessages { max: 10 }
    );
}

#[tokio::test]
async fn a_message_that_is_cut_short_is_refused() {
    let mut cut = framed(&Message {
        agent_version: Some("bob".into()),
        ..Message::default()
    });
    cut.pop();

    assert_eq!(violation(cut).await, Violation::Truncated);
}

#[tokio::test]
async fn noise_is_refused() {
    assert_eq!(
        violation(vec![4, 0xff, 0xff, 0xff, 0xff]).await,
        Violation::Malformed
    );
}

#[tokio::test]
async fn an_end_without_a_message_says_so() {
    let error = told_bytes(Vec::new()).await.unwrap_err();

    assert!(matches!(error, IdentifyError::NoMessage));
}

#[tokio::test]
async fn a_flood_of_protocols_and_addresses_in_many_messages_keeps_a_bounded_number() {
    let message = |number: usize| Message {
        protocols: (0..400).map(|it| format!("/flood/{number}/{it}")).collect(),
        ..Message::default()
    };
    let addresses = Message {
        listen_addrs: (1..=600)
            .map(|port| address(&format!("/ip4/192.0.2.2/tcp/{port}")).to_bytes())
            .collect(),
        ..Message::default()
    };

    let info = told(&[message(1), message(2), addresses.clone(), addresses])
        .await
        .unwrap();

    assert_eq!(info.protocols.len(), Info::MAX_PROTOCOLS);
    assert_eq!(info.listen_addresses.len(), Info::MAX_ADDRESSES);
}
