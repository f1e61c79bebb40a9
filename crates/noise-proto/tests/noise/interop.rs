//! Handshakes and records with plain snow, whose ciphers are not ours.

use bytes::BytesMut;
use sinew_noise_proto::{Event, Sealer, Transport};
use sinew_sans_io::{Machine as _, Role};
use snow::TransportState;

use crate::{
    foreign::{Foreign, field, framed, payload},
    pair::{YAMUX, config, dialer, every_type_of_key, hear, listener, output},
};

// [noise §Handshake Pattern] XX, with every type of host key on both sides.
#[test]
fn our_handshakes_and_records_are_understood_by_snow_and_snows_by_ours() {
    for keypair in every_type_of_key() {
        let config = config(&keypair, &[YAMUX]);
        for role in [Role::Dialer, Role::Listener] {
            let mut ours = match role {
                Role::Dialer => dialer(&config),
                Role::Listener => listener(&config),
            };
            let mut peer = Foreign::new(role.opposite());
            let said = their_payload(&peer, &keypair);

            let heard = shake_hands(role, &mut ours, &mut peer, &said);

            // Their static key is ours to read, and ours is theirs.
            let our_static = peer.state.get_remote_static().unwrap();
            let extensions = field(4, &field(2, YAMUX.as_bytes()));
            assert_eq!(heard, [payload(&keypair, our_static), extensions].concat());
            let Some(Event::Authenticated {
                public_key, muxer, ..
            }) = ours.poll_event()
            else {
                panic!("not authenticated");
            };
            assert_eq!(public_key, keypair.public());
            assert_eq!(muxer.as_deref(), Some(YAMUX));
            let theirs = peer.state.into_transport_mode().unwrap();
            exchange_records(ours.into_transport().unwrap(), theirs);
        }
    }
}

fn their_payload(peer: &Foreign, keypair: &sinew_identity::Keypair) -> Vec<u8> {
    let muxers = [field(2, b"/other"), field(2, YAMUX.as_bytes())].concat();
    [payload(keypair, &peer.static_key), field(4, &muxers)].concat()
}

/// Exchanges the three messages and returns the payload that snow got from us.
fn shake_hands(
    role: Role,
    ours: &mut sinew_noise_proto::Handshake,
    peer: &mut Foreign,
    said: &[u8],
) -> Vec<u8> {
    match role {
        Role::Dialer => {
            assert_eq!(peer.read(&output(ours)), b"");
            hear(ours, &peer.write(said)).unwrap();
            peer.read(&output(ours))
        }
        Role::Listener => {
            hear(ours, &peer.write(b"")).unwrap();
            let heard = peer.read(&output(ours));
            hear(ours, &peer.write(said)).unwrap();
            heard
        }
    }
}

// [noise-framework §The ChaChaPoly cipher functions] The nonce counts up, and there is no other data.
fn exchange_records(mut ours: Transport, mut theirs: TransportState) {
    for len in [0, 1, 2, 100, 16_384, Sealer::MAX_PLAINTEXT_LEN, 3] {
        let plaintext: Vec<_> = (0..len).map(|at| (at % 251) as u8).collect();

        let mut record = [&Sealer::HEADER[..], &plaintext].concat();
        ours.sealer.seal(&mut record, 0).unwrap();
        assert_eq!(record[..2], u16::try_from(len + 16).unwrap().to_be_bytes());
        let mut opened = vec![0; 65_535];
        let opened_len = theirs.read_message(&record[2..], &mut opened).unwrap();
        assert_eq!(opened[..opened_len], plaintext);

        let mut message = vec![0; len + 16];
        theirs.write_message(&plaintext, &mut message).unwrap();
        let mut input = BytesMut::from(&framed(&message)[..]);
        assert_eq!(ours.opener.open(&mut input).unwrap().unwrap(), plaintext);
        assert!(input.is_empty());
    }
}
