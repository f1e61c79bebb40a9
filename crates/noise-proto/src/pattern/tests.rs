//! The pattern and the records behind it, against a published vector.

use bytes::BytesMut;
use serde_json::Value;
use sinew_sans_io::Role;
use zeroize::Zeroizing;

use super::Pattern;
use crate::{Sealer, Transport};

// [noise §Noise Protocol Name] Noise_XX_25519_ChaChaPoly_SHA256.
#[test]
fn each_message_and_record_is_as_the_vector_has_it() {
    let vector: Value =
        serde_json::from_str(include_str!("../../testdata/noise-xx-vector.json")).unwrap();
    let mut dialer = pattern(&vector, Role::Dialer);
    let mut listener = pattern(&vector, Role::Listener);
    let messages = vector["messages"].as_array().unwrap();
    let (handshake, records) = messages.split_at(3);

    for (index, message) in handshake.iter().enumerate() {
        let (payload, expected) = (bytes(&message["payload"]), bytes(&message["ciphertext"]));
        let (writer, reader) = match index {
            1 => (&mut listener, &mut dialer),
            _ => (&mut dialer, &mut listener),
        };
        assert_eq!(writer.write(&payload).unwrap(), expected);
        assert_eq!(reader.read(&expected).unwrap(), payload);
    }

    let mut dialer = Transport::new(Role::Dialer, &dialer.split());
    let mut listener = Transport::new(Role::Listener, &listener.split());
    for (index, record) in records.iter().enumerate() {
        let (payload, expected) = (bytes(&record["payload"]), bytes(&record["ciphertext"]));
        let (from, to) = match index % 2 {
            0 => (&mut listener, &mut dialer),
            _ => (&mut dialer, &mut listener),
        };
        let mut sealed = [&Sealer::HEADER[..], &payload].concat();
        from.sealer.seal(&mut sealed, 0).unwrap();
        assert_eq!(sealed[2..], expected);
        let opened = to.opener.open(&mut BytesMut::from(&sealed[..])).unwrap();
        assert_eq!(opened.unwrap(), payload);
    }
}

fn pattern(vector: &Value, role: Role) -> Pattern {
    let side = if role.is_dialer() { "init" } else { "resp" };
    let field = |name: &str| bytes(&vector[format!("{side}_{name}")]);
    let ephemeral = Zeroizing::new(field("ephemeral").try_into().unwrap());
    let secret = field("static").try_into().unwrap();
    Pattern::with_prologue(role, &secret, ephemeral, &field("prologue"))
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}
