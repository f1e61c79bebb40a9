//! Our records beside those of rustls.

use sinew_tcp_proto::{CloseReason, Connection, Error, MuxerChoice, Phase, StreamId};
use sinew_tls::CertificateError;
use sinew_yamux_proto as yamux;

use crate::{
    foreign_tls::Foreign,
    pair::{receive, send},
};

/// Has each side send the other so many bytes, and checks that they arrive.
fn exchange(foreign: &mut Foreign, len: usize) {
    let data: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
    let ours = foreign.ours.open_stream().unwrap();
    let theirs = foreign.yamux.open_stream().unwrap();
    let mut sent = [0, 0];
    let (mut here, mut there) = (Vec::new(), Vec::new());
    let (mut here_id, mut there_id): (Option<StreamId>, Option<StreamId>) = (None, None);
    while here.len() < len || there.len() < len {
        sent[0] += foreign
            .ours
            .write_slice(ours, &data[sent[0]..])
            .unwrap_or(0);
        sent[1] += foreign
            .yamux
            .write_slice(theirs, &data[sent[1]..])
            .unwrap_or(0);
        foreign.run();
        assert_eq!(foreign.result, Ok(()));
        here_id = here_id.or_else(|| foreign.ours.accept_stream());
        there_id = there_id.or_else(|| foreign.yamux.accept_stream());
        if let Some(id) = here_id {
            here.extend(receive(&mut foreign.ours, id).unwrap_or_default());
        }
        if let Some(id) = there_id {
            let _ = foreign
                .yamux
                .read_with(id, usize::MAX, |bytes| there.extend(bytes));
        }
    }
    assert_eq!(here, data);
    assert_eq!(there, data);
    foreign.ours.abandon(ours, 0);
    foreign.yamux.abandon(theirs, 0);
    foreign.ours.abandon(here_id.unwrap(), 0);
    foreign.yamux.abandon(there_id.unwrap(), 0);
    foreign.run();
}

#[test]
fn much_passes_between_our_records_and_those_of_rustls() {
    for mut foreign in [Foreign::listener(), Foreign::dialer()] {
        foreign.run();
        assert_eq!(foreign.ours.muxer(), Some(MuxerChoice::InTls));
        exchange(&mut foreign, 1 << 20);
        // The tickets that the listener has sent are no trouble.
        assert_eq!(foreign.ours.phase(), Phase::Open);
    }
}

#[test]
fn frames_may_be_cut_into_records_anywhere() {
    for mut foreign in [Foreign::listener(), Foreign::dialer()] {
        foreign.run();
        for record_len in [1, 2, 3, 5, 7, 11, 12, 13, 19, 64, 1000] {
            foreign.record_len = record_len;
            exchange(&mut foreign, 3000);
        }
    }
}

#[test]
fn keys_may_be_updated_at_any_time() {
    for mut foreign in [Foreign::listener(), Foreign::dialer()] {
        foreign.run();
        for _ in 0..40 {
            foreign.tls.refresh_traffic_keys().unwrap();
            exchange(&mut foreign, 1000);
        }
    }
}

#[test]
fn updates_of_keys_without_end_are_refused() {
    let mut foreign = Foreign::dialer();
    foreign.run();
    for _ in 0..100 {
        foreign.tls.refresh_traffic_keys().unwrap();
    }
    foreign.run();
    let error = foreign.result.unwrap_err();
    assert_eq!(error.phase(), Phase::Open);
    assert!(matches!(error, Error::Violation { .. }), "{error:?}");
}

// [RFC 8446 §6.1]
#[test]
fn a_close_notify_is_the_end_and_is_answered() {
    for mut foreign in [Foreign::listener(), Foreign::dialer()] {
        foreign.run();
        let stream = send(&mut foreign.ours, b"hello");
        foreign.run();
        foreign.tls.send_close_notify();
        foreign.run();
        assert_eq!(foreign.result, Ok(()));
        assert_eq!(foreign.ours.close_reason(), Some(&CloseReason::HungUp));
        foreign.listen();
        assert!(foreign.ours.is_drained());
        assert!(receive(&mut foreign.ours, stream).is_err());
        assert!(foreign.tls.process_new_packets().unwrap().peer_has_closed());
    }
}

// [RFC 8446 §6.2]
#[test]
fn a_record_that_was_changed_is_answered_with_an_alert() {
    for mut foreign in [Foreign::listener(), Foreign::dialer()] {
        foreign.run();
        foreign.say(b"some of it");
        let last = foreign.inbox.len() - 1;
        foreign.inbox[last] ^= 1;
        foreign.run();
        assert!(foreign.result.is_err());
        foreign.listen();
        let error = foreign.tls.process_new_packets().unwrap_err();
        let bad_record = rustls::AlertDescription::BadRecordMac;
        assert_eq!(error, rustls::Error::AlertReceived(bad_record));
    }
}

#[test]
fn a_dialer_without_a_certificate_is_refused() {
    let mut foreign = Foreign::nobody();
    foreign.run();
    let error = Error::Certificate(CertificateError::Missing);
    assert_eq!(foreign.result, Err(error));
    assert_eq!(foreign.ours.peer(), None);
}

#[test]
fn a_dialer_that_wants_something_else_than_libp2p_is_refused() {
    let mut foreign = Foreign::dialer_that_asks_for(&[b"h2", b"http/1.1"]);
    foreign.run();
    assert_eq!(foreign.result, Err(Error::NoCommonMuxer));
}

// [muxer-selection §Multiplexer Negotiation over TLS]
#[test]
fn a_dialer_that_knows_no_alpn_or_libp2p_alone_negotiates_the_muxer() {
    for alpn in [&[][..], &[&b"libp2p"[..]]] {
        let mut foreign = Foreign::dialer_that_asks_for(alpn);
        let mut said = foreign.meet();
        assert_eq!(foreign.ours.phase(), Phase::MuxerNegotiation);
        assert!(foreign.ours.is_handshaking());
        foreign.say(b"\x13/multistream/1.0.0\n\x0d/yamux/1.0.0\n");
        foreign.deliver();
        foreign.hear_plaintext(&mut said);
        assert_eq!(said, b"\x13/multistream/1.0.0\n\x0d/yamux/1.0.0\n");
        assert_eq!(foreign.ours.muxer(), Some(MuxerChoice::Negotiated));
    }
}

#[test]
fn a_muxer_that_we_do_not_speak_is_turned_down() {
    let mut foreign = Foreign::dialer_that_asks_for(&[b"libp2p"]);
    let mut said = foreign.meet();
    foreign.say(b"\x13/multistream/1.0.0\n\x0d/mplex/6.7.0\n");
    foreign.deliver();
    foreign.hear_plaintext(&mut said);
    assert_eq!(said, b"\x13/multistream/1.0.0\n\x03na\n");

    foreign.tls.send_close_notify();
    foreign.deliver();

    assert_eq!(foreign.result, Err(Error::NoCommonMuxer));
}

#[test]
fn a_peer_that_asks_for_answers_and_reads_none_is_not_listened_to_until_it_does() {
    let mut foreign = Foreign::dialer();
    foreign.run();
    const PINGS: usize = 20_000;
    let ping = [0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7];
    foreign.say(&ping.repeat(PINGS));
    foreign.deliver();
    assert!(foreign.ours.is_input_blocked());
    let left = foreign.inbox.len();
    foreign.deliver();
    assert_eq!(foreign.inbox.len(), left);

    let mut answers = Vec::new();
    while foreign.ours.is_input_blocked() {
        let before = answers.len();
        foreign.hear_plaintext(&mut answers);
        assert!(
            answers.len() - before < 128 << 10,
            "the answers are bounded"
        );
        foreign.deliver();
    }
    foreign.hear_plaintext(&mut answers);
    assert!(foreign.inbox.is_empty());
    assert_eq!(answers.len(), PINGS * ping.len());
}

#[test]
fn a_rule_of_yamux_that_is_broken_is_named() {
    for mut foreign in [Foreign::listener(), Foreign::dialer()] {
        foreign.run();
        foreign.say(&[9; 12]);
        foreign.deliver();
        let version = yamux::Violation::UnknownVersion { version: 9 };
        let error = Error::Violation {
            phase: Phase::Open,
            violation: version.into(),
        };
        assert_eq!(foreign.result, Err(error));
        let mut said = Vec::new();
        foreign.hear_plaintext(&mut said);
        // A go-away that says so.
        assert_eq!(said, [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert!(Connection::is_drained(&foreign.ours));
    }
}
