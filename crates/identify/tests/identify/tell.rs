//! What one side says, the other side knows.

use prost::Message as _;
use sinew_identify::{IdentifyError, Info, LocalInfo, PROTOCOL, PUSH_PROTOCOL};
use sinew_multiaddr::PeerRecord;
use sinew_transport::{ReadError, StreamCode, WriteError};

use crate::peers::{Message, Streams, address, alice, bob, bobs_info};

#[tokio::test]
async fn an_answer_tells_all_that_the_host_knows_of_itself() {
    let streams = Streams::open(PROTOCOL).await;
    let seen_at = address("/ip4/198.51.100.1/udp/9/quic-v1");

    let local = bobs_info();
    let (answered, info) = tokio::join!(
        sinew_identify::answer(streams.listener, &local, Some(&seen_at)),
        sinew_identify::ask(streams.dialer),
    );

    answered.unwrap();
    let info = info.unwrap();
    assert_eq!(info.public_key, Some(bob().public()));
    assert_eq!(info.protocol_version.as_deref(), Some("ipfs/0.1.0"));
    assert_eq!(info.agent_version.as_deref(), Some("bob/1.2.3"));
    assert_eq!(info.protocols, local.protocols);
    assert_eq!(info.observed(), Some(seen_at));
    assert_eq!(info.signed_peer_record, local.signed_peer_record);
    assert_eq!(info.peer_record.as_ref().map(|record| record.seq), Some(7));
    assert_eq!(info.record_error, None);
    let dialable: Vec<_> = info.dialable_addresses(bob().peer_id()).collect();
    let expected = local.listen_addresses.iter().cloned();
    assert_eq!(
        dialable,
        expected
            .map(|it| it.with_peer(bob().peer_id()))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn an_answer_ends_with_an_end_and_not_with_a_reset() {
    let streams = Streams::open(PROTOCOL).await;
    let (mut asking, local) = (streams.dialer, bobs_info());

    sinew_identify::answer(streams.listener, &local, None)
        .await
        .unwrap();

    let told = asking.read_to_end(8192).await.unwrap();
    let message = Message::decode_length_delimited(&told[..]).unwrap();
    assert_eq!(message.public_key, Some(bob().public().to_protobuf()));
    assert_eq!(message.agent_version.as_deref(), Some("bob/1.2.3"));
    assert_eq!(message.observed_addr, None);
}

#[tokio::test]
async fn an_answer_that_could_not_be_written_is_told() {
    let mut streams = Streams::open(PROTOCOL).await;
    streams.dialer.stop(StreamCode::NO_ERROR);

    let answered = sinew_identify::answer(streams.listener, &bobs_info(), None).await;

    assert!(matches!(
        answered,
        Err(IdentifyError::Write(WriteError::Stopped(_)))
    ));
}

#[tokio::test]
async fn a_push_reaches_the_other_side_and_changes_what_it_names() {
    let streams = Streams::open(PUSH_PROTOCOL).await;
    let mut known = Info::default();
    known.agent_version = Some("old/1".into());
    known.observed_address = Some(address("/memory/9").into());
    let mut local = bobs_info();
    local.public_key = alice().public();
    local.signed_peer_record = None;

    let (pushed, info) = tokio::join!(
        sinew_identify::push(streams.dialer, &local, None),
        sinew_identify::receive_push(streams.listener),
    );
    pushed.unwrap();
    known.update(info.unwrap());

    assert_eq!(known.agent_version.as_deref(), Some("bob/1.2.3"));
    assert_eq!(known.listen_addresses.len(), 2);
    assert_eq!(known.observed_address, Some(address("/memory/9").into()));
}

#[test]
fn an_older_record_does_not_bring_old_addresses_back() {
    let record = |seq, port| {
        let mut info = Info::default();
        let addresses = vec![address(&format!("/ip4/192.0.2.2/tcp/{port}")).into()];
        info.listen_addresses.clone_from(&addresses);
        info.peer_record = Some(PeerRecord {
            peer_id: bob().peer_id(),
            seq,
            addresses,
        });
        info
    };
    let mut known = record(8, 8000);

    known.update(record(7, 7000));
    assert_eq!(known, record(8, 8000));

    known.update(record(9, 9000));
    assert_eq!(known, record(9, 9000));
}

#[test]
fn an_answer_fits_what_every_peer_reads_however_much_there_is_to_say() {
    let mut local = bobs_info();
    local.agent_version = "agent".repeat(1000);
    local.listen_addresses = (1..1000)
        .map(|port| address(&format!("/ip4/192.0.2.2/tcp/{port}")))
        .collect();
    local.protocols = (0..1000)
        .map(|number| format!("/protocol/{number}").parse().unwrap())
        .collect();

    let encoded = local.encode(Some(&address("/memory/1")));

    let message = Message::decode_length_delimited(encoded).unwrap();
    assert!(message.encoded_len() <= LocalInfo::MAX_LEN);
    assert_eq!(message.public_key, Some(bob().public().to_protobuf()));
    assert!(message.observed_addr.is_some());
    assert!(message.protocols.contains(&"/protocol/0".to_owned()));
}

#[test]
fn addresses_go_before_protocols_when_not_all_fits() {
    let mut local = bobs_info();
    local.listen_addresses = (1..1000)
        .map(|port| address(&format!("/ip4/192.0.2.2/tcp/{port}")))
        .collect();

    let message = Message::decode_length_delimited(local.encode(None)).unwrap();

    assert_eq!(message.protocols.len(), 2);
    assert!(message.listen_addrs.len() > 100);
    let first = address("/ip4/192.0.2.2/tcp/1").to_bytes();
    assert_eq!(message.listen_addrs.first(), Some(&first));
}

#[tokio::test]
async fn a_peer_that_does_not_speak_the_protocol_is_told_apart() {
    let mut streams = Streams::open(PROTOCOL).await;
    streams
        .listener
        .reset(StreamCode::PROTOCOL_NEGOTIATION_FAILED);

    let error = sinew_identify::ask(streams.dialer).await.unwrap_err();

    assert!(matches!(
        error,
        IdentifyError::Read(ReadError::Negotiation(_))
    ));
}
