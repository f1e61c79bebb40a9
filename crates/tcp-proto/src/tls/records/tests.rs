//! Records between two sides of ours, and records that no honest side sends.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use rand::{SeedableRng as _, rngs::StdRng};
use rustls::{
    ConnectionTrafficSecrets,
    crypto::cipher::{AeadKey, Iv},
};
use sinew_identity::Keypair;
use sinew_tls::{
    Certificate, ClientTemplate, Options, ServerTemplate, TimeProvider, UnixTime, default_provider,
};

use super::*;
use crate::tls::{Handshake, cipher::Cipher, header::APPLICATION_DATA};

#[test]
fn plaintext_passes_both_ways() {
    let [mut client, mut server] = connected();
    for len in [1, 2, 100, Records::MAX_PLAINTEXT_LEN] {
        let text = vec![5; len];
        assert_eq!(data(server.open(&mut record(&mut client, &text))), text);
        assert_eq!(data(client.open(&mut record(&mut server, &text))), text);
    }
}

#[test]
fn a_record_that_is_not_all_there_is_left_as_it_is() {
    let [mut client, mut server] = connected();
    let whole = record(&mut client, b"hello");
    for len in 0..whole.len() {
        let mut input = BytesMut::from(&whole[..len]);
        assert!(matches!(server.open(&mut input), Ok(None)));
        assert_eq!(input, whole[..len]);
    }
    let mut input = BytesMut::from(&[&whole[..], b"rest"].concat()[..]);
    assert_eq!(data(server.open(&mut input)), b"hello");
    assert_eq!(input, b"rest"[..]);
}

// [RFC 8446 §4.6.3]
#[test]
fn a_peer_that_asks_for_our_next_key_gets_it() {
    let [mut client, mut server] = connected();
    let mut input = message(&mut client, &[KEY_UPDATE_TYPE, 0, 0, 1, 1]);
    let next = client.keys.next_of_ours().unwrap();
    client.sealer.set_cipher(next);

    assert!(matches!(server.open(&mut input), Ok(Some(Opened::Nothing))));
    assert!(server.wants_control());
    let mut out = Vec::new();
    server.write_control(&mut out).unwrap();
    assert!(!server.wants_control());
    let mut input = BytesMut::from(&out[..]);
    assert!(matches!(client.open(&mut input), Ok(Some(Opened::Nothing))));
    assert!(!client.wants_control(), "it was not asked back");

    assert_eq!(data(server.open(&mut record(&mut client, b"new"))), b"new");
    assert_eq!(data(client.open(&mut record(&mut server, b"new"))), b"new");
}

// [RFC 8446 §5.5]
#[test]
fn a_key_that_is_worn_is_replaced() {
    let [mut client, mut server] = connected();
    let worn = || {
        let secrets = ConnectionTrafficSecrets::Aes256Gcm {
            key: AeadKey::from([1; 32]),
            iv: Iv::from([2; 12]),
        };
        Cipher::new(1 << 23, &secrets).unwrap()
    };
    assert!(!client.wants_control());
    client.sealer.set_cipher(worn());
    server.opener.set_cipher(worn());
    assert!(client.wants_control());

    let mut out = Vec::new();
    client.write_control(&mut out).unwrap();

    assert!(!client.wants_control());
    let mut input = BytesMut::from(&out[..]);
    assert!(matches!(server.open(&mut input), Ok(Some(Opened::Nothing))));
    assert_eq!(data(server.open(&mut record(&mut client, b"on"))), b"on");
}

#[test]
fn nothing_follows_an_update_of_keys_in_its_record() {
    let [mut client, mut server] = connected();
    let twice = [KEY_UPDATE, KEY_UPDATE].concat();
    let opened = server.open(&mut message(&mut client, &twice));
    assert_eq!(opened.unwrap_err(), RecordViolation::MalformedMessage);
}

#[test]
fn a_malformed_update_of_keys_is_refused() {
    for update in [
        &[KEY_UPDATE_TYPE, 0, 0, 1, 2][..],
        &[KEY_UPDATE_TYPE, 0, 0, 0],
        &[KEY_UPDATE_TYPE, 0, 0, 2, 0, 0],
    ] {
        let [mut client, mut server] = connected();
        let opened = server.open(&mut message(&mut client, update));
        assert_eq!(opened.unwrap_err(), RecordViolation::MalformedMessage);
    }
}

#[test]
fn tickets_are_ignored_however_they_are_cut_and_only_from_servers() {
    let ticket = [&[NEW_SESSION_TICKET, 0, 1, 0][..], &[7; 256]].concat();
    let [mut client, mut server] = connected();
    for (front, back) in [1, 3, 4, 5, 200].map(|at| ticket.split_at(at)) {
        for part in [front, back] {
            let opened = client.open(&mut message(&mut server, part));
            assert!(matches!(opened, Ok(Some(Opened::Nothing))));
        }
    }
    let two = [&ticket[..], &ticket].concat();
    let opened = client.open(&mut message(&mut server, &two));
    assert!(matches!(opened, Ok(Some(Opened::Nothing))));
    assert_eq!(
        data(client.open(&mut record(&mut server, b"data"))),
        b"data"
    );

    let opened = server.open(&mut message(&mut client, &ticket));
    let message_type = NEW_SESSION_TICKET;
    let expected = RecordViolation::UnexpectedMessage { message_type };
    assert_eq!(opened.unwrap_err(), expected);
}

#[test]
fn a_message_is_not_interrupted_and_not_endless() {
    let [mut client, mut server] = connected();
    let part = client.open(&mut message(&mut server, &[NEW_SESSION_TICKET, 0, 1, 0, 7]));
    assert!(matches!(part, Ok(Some(Opened::Nothing))));
    let opened = client.open(&mut record(&mut server, b"data"));
    assert_eq!(opened.unwrap_err(), RecordViolation::MalformedMessage);

    let [mut client, mut server] = connected();
    let opened = client.open(&mut message(&mut server, &[NEW_SESSION_TICKET, 0, 64, 1]));
    assert_eq!(opened.unwrap_err(), RecordViolation::MalformedMessage);

    let [mut client, mut server] = connected();
    let opened = client.open(&mut message(&mut server, &[]));
    assert_eq!(opened.unwrap_err(), RecordViolation::MalformedMessage);
}

#[test]
fn messages_that_nobody_asked_for_are_refused() {
    // Hello request, client hello, certificate request.
    for message_type in [0, 1, 13] {
        let [mut client, mut server] = connected();
        let opened = client.open(&mut message(&mut server, &[message_type, 0, 0, 0]));
        let expected = RecordViolation::UnexpectedMessage { message_type };
        assert_eq!(opened.unwrap_err(), expected);
    }
}

// [RFC 8446 §6]
#[test]
fn alerts_are_told_apart() {
    let [mut client, mut server] = connected();
    let mut alert = |bytes: &[u8]| {
        let mut out = Vec::new();
        client.sealer.append(ALERT, bytes, &mut out).unwrap();
        server.open(&mut BytesMut::from(&out[..]))
    };
    assert!(matches!(alert(&[1, 90]), Ok(Some(Opened::Nothing))));
    assert!(matches!(alert(&[2, 80]), Ok(Some(Opened::Alert(80)))));
    assert!(matches!(alert(&[1, 80]), Ok(Some(Opened::Alert(80)))));
    assert!(matches!(alert(&[1, 0]), Ok(Some(Opened::CloseNotify))));
    for bytes in [&[][..], &[1], &[1, 0, 0]] {
        assert_eq!(alert(bytes).unwrap_err(), RecordViolation::MalformedAlert);
    }
}

// [RFC 8446 §5.4]
#[test]
fn padding_is_taken_off_and_a_record_of_padding_alone_refused() {
    let [mut client, mut server] = connected();
    // The content that `append` is given ends with the type and padding of its own; what it adds is zero.
    let mut padded = |content: &[u8]| {
        let mut out = Vec::new();
        client.sealer.append(0, content, &mut out).unwrap();
        server.open(&mut BytesMut::from(&out[..]))
    };
    let text = [b"text", &[APPLICATION_DATA][..], &[0; 300]].concat();
    assert_eq!(data(padded(&text)), b"text");
    let change_cipher_spec = RecordViolation::UnexpectedType { content_type: 20 };
    assert_eq!(padded(&[1, 20]).unwrap_err(), change_cipher_spec);
    assert_eq!(padded(&[0; 9]).unwrap_err(), RecordViolation::MissingType);
}

// [RFC 8446 §5.2]
#[test]
fn records_beyond_the_limits_are_refused() {
    let [mut client, mut server] = connected();
    let len = Records::MAX_PLAINTEXT_LEN + 1;
    let opened = server.open(&mut record(&mut client, &vec![1; len]));
    let max = Records::MAX_PLAINTEXT_LEN;
    assert_eq!(opened.unwrap_err(), RecordViolation::TooLong { len, max });

    let long = [23, 3, 3, 0x41, 0x01];
    let (len, max) = (0x4101, 0x4100);
    let opened = server.open(&mut BytesMut::from(&long[..]));
    assert_eq!(opened.unwrap_err(), RecordViolation::TooLong { len, max });

    let short = [23, 3, 3, 0, 16];
    let opened = server.open(&mut BytesMut::from(&short[..]));
    assert_eq!(opened.unwrap_err(), RecordViolation::TooShort { len: 16 });
}

#[test]
fn what_is_no_protected_record_is_refused_at_its_first_bytes() {
    let [mut client, _] = connected();
    for content_type in [0, 19, 24, 255] {
        let opened = client.open(&mut BytesMut::from(&[content_type][..]));
        let expected = RecordViolation::UnknownType { content_type };
        assert_eq!(opened.unwrap_err(), expected);
    }
    let opened = client.open(&mut BytesMut::from(&[23, 2][..]));
    assert_eq!(opened.unwrap_err(), RecordViolation::UnknownVersion);
    for content_type in [20, 21, 22] {
        let opened = client.open(&mut BytesMut::from(&[content_type, 3, 3, 0, 1][..]));
        let expected = RecordViolation::UnexpectedType { content_type };
        assert_eq!(opened.unwrap_err(), expected);
    }
}

// [RFC 8446 §5.3]
#[test]
fn records_that_were_changed_repeated_or_left_out_are_forged() {
    for at in [5, 10] {
        let [mut client, mut server] = connected();
        let mut changed = record(&mut client, b"hello");
        changed[at] ^= 1;
        let opened = server.open(&mut changed);
        assert_eq!(opened.unwrap_err(), RecordViolation::Forged);
    }
    let [mut client, mut server] = connected();
    let first = record(&mut client, b"first");
    assert_eq!(data(server.open(&mut first.clone())), b"first");
    let again = server.open(&mut first.clone());
    assert_eq!(again.unwrap_err(), RecordViolation::Forged);

    let [mut client, mut server] = connected();
    let _lost = record(&mut client, b"first");
    let opened = server.open(&mut record(&mut client, b"second"));
    assert_eq!(opened.unwrap_err(), RecordViolation::Forged);
}

#[test]
fn records_without_payload_are_few() {
    let [mut client, mut server] = connected();
    for _ in 0..3 {
        for _ in 0..32 {
            let opened = server.open(&mut record(&mut client, b""));
            assert!(data(opened).is_empty());
        }
        assert_eq!(data(server.open(&mut record(&mut client, b"!"))), b"!");
    }
    for _ in 0..32 {
        let _ = server.open(&mut record(&mut client, b"")).unwrap();
    }
    let opened = server.open(&mut record(&mut client, b""));
    let expected = RecordViolation::TooManyIdleRecords { max: 32 };
    assert_eq!(opened.unwrap_err(), expected);
}

/// Makes a record of application data.
fn record(from: &mut Records, text: &[u8]) -> BytesMut {
    let mut out = [Records::HEADER, text].concat();
    from.seal(&mut out, 0).unwrap();
    BytesMut::from(&out[..])
}

/// Makes a record of handshake messages.
fn message(from: &mut Records, message: &[u8]) -> BytesMut {
    let mut out = Vec::new();
    from.sealer.append(HANDSHAKE, message, &mut out).unwrap();
    BytesMut::from(&out[..])
}

fn data(opened: Result<Option<Opened>, RecordViolation>) -> Vec<u8> {
    match opened {
        Ok(Some(Opened::Data(data))) => data.to_vec(),
        other => panic!("{other:?}"),
    }
}

/// Returns a client and a server whose handshake is done.
fn connected() -> [Records; 2] {
    let now = UNIX_EPOCH + NOW;
    let keypair = Keypair::ed25519_from_secret([1; 32]);
    let certificate = Certificate::generate(&keypair, &mut StdRng::seed_from_u64(1), now).unwrap();
    let options = Options {
        alpn: Vec::new(),
        provider: default_provider(),
        time: Arc::new(Wall),
    };
    let client = ClientTemplate::new(&certificate, &options).unwrap();
    let server = ServerTemplate::new(&certificate, &options).unwrap();
    let mut sides = [
        Handshake::dial(&client, None).unwrap(),
        Handshake::listen(&server).unwrap(),
    ];
    for from in [0, 1, 0] {
        let mut flight = Vec::new();
        sides[from].take_output(&mut flight);
        sides[1 - from]
            .read(&mut BytesMut::from(&flight[..]))
            .unwrap();
    }
    sides.map(|mut side| side.take_done().unwrap().records)
}

#[derive(Debug)]
struct Wall;

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(NOW))
    }
}

const NOW: Duration = Duration::from_secs(1_750_000_000);
