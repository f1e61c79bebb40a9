//! First packets of QUIC, made by hand.

use std::sync::Arc;

use quinn_proto::{
    ConnectionId, Side,
    crypto::{ClientConfig as _, Session, rustls::QuicClientConfig},
    transport_parameters::TransportParameters,
};
use sinew_tls::{Certificate, ClientTemplate, Options};

/// A dialer that has not said anything yet.
pub(crate) struct Hello {
    session: Box<dyn Session>,
    /// What TLS says first.
    pub(crate) message: Vec<u8>,
}

impl Hello {
    /// Prepares to say hello by the rules, with this certificate. `own` is what the victim shall call us.
    pub(crate) fn new(certificate: &Certificate, options: &Options, own: &[u8]) -> Self {
        let template = ClientTemplate::new(certificate, options).unwrap();
        let (tls, _) = template.for_handshake(None);
        let crypto = Arc::new(QuicClientConfig::try_from(tls).unwrap());
        let defaults = TransportParameters::read(Side::Server, &mut &[][..]).unwrap();
        let mut session = crypto.start_session(1, "x.example", &defaults).unwrap();
        let mut message = Vec::new();
        assert!(session.write_handshake(&mut message).is_none());
        let mut hello = Self { session, message };
        hello.set_parameters(&initial_source_connection_id(own));
        hello
    }

    /// Replaces the transport parameters.
    pub(crate) fn set_parameters(&mut self, parameters: &[u8]) {
        let len = u16::try_from(parameters.len()).unwrap().to_be_bytes();
        self.set_extension(&[&[0, 0x39][..], &len, parameters].concat());
    }

    /// Replaces the whole extension in which transport parameters are.
    // [RFC 8446 §4.1.2]
    pub(crate) fn set_extension(&mut self, extension: &[u8]) {
        let message = &self.message;
        // Type and length, version, random.
        let mut at = 4 + 2 + 32;
        at += 1 + usize::from(message[at]);
        at += 2 + usize::from(u16::from_be_bytes([message[at], message[at + 1]]));
        at += 1 + usize::from(message[at]);
        let mut extensions = Vec::<u8>::new();
        let mut rest = &message[at + 2..];
        while !rest.is_empty() {
            let len = 4 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            let (one, behind) = rest.split_at(len);
            rest = behind;
            let is_ours = one.starts_with(&[0, 0x39]);
            extensions.extend(if is_ours { extension } else { one });
        }
        self.message.truncate(at);
        let len = u16::try_from(extensions.len()).unwrap();
        self.message.extend(len.to_be_bytes());
        self.message.extend(extensions);
        let len = u32::try_from(self.message.len() - 4).unwrap();
        self.message[1..4].copy_from_slice(&len.to_be_bytes()[1..]);
    }

    /// Makes the datagrams in which the whole message is.
    pub(crate) fn datagrams(&self, to: &[u8], own: &[u8]) -> Vec<Vec<u8>> {
        let pieces = self.message.chunks(1000).enumerate();
        let datagrams =
            pieces.map(|(number, piece)| self.datagram([to, own], number, 1000 * number, piece));
        datagrams.collect()
    }

    /// Makes a datagram with a piece of the message.
    // [RFC 9000 §17.2.2]
    pub(crate) fn datagram(
        &self,
        [to, own]: [&[u8]; 2],
        number: usize,
        offset: usize,
        piece: &[u8],
    ) -> Vec<u8> {
        let keys = self
            .session
            .initial_keys(&ConnectionId::new(to), Side::Client);
        let mut packet = vec![0xc3, 0, 0, 0, 1];
        for id in [to, own] {
            packet.push(u8::try_from(id.len()).unwrap());
            packet.extend(id);
        }
        // No token; and what follows fills the datagram.
        packet.push(0);
        let len = SIZE - packet.len() - 2;
        packet.extend((u16::try_from(len).unwrap() | 0x4000).to_be_bytes());
        let number_at = packet.len();
        packet.extend(u32::try_from(number).unwrap().to_be_bytes());
        let header_len = packet.len();
        // [RFC 9000 §19.6] CRYPTO, and then PADDING.
        packet.push(0x06);
        for field in [offset, piece.len()] {
            packet.extend((u32::try_from(field).unwrap() | 0x8000_0000).to_be_bytes());
        }
        packet.extend(piece);
        assert!(packet.len() + keys.packet.local.tag_len() <= SIZE);
        packet.resize(SIZE, 0);
        keys.packet
            .local
            .encrypt(number.try_into().unwrap(), &mut packet, header_len);
        keys.header.local.encrypt(number_at, &mut packet);
        packet
    }
}

/// The one transport parameter that nobody may leave out.
// [RFC 9000 §7.3]
pub(crate) fn initial_source_connection_id(own: &[u8]) -> Vec<u8> {
    [&[0x0f, u8::try_from(own.len()).unwrap()][..], own].concat()
}

/// How large a datagram with a first packet has to be at least, in bytes.
// [RFC 9000 §14.1]
const SIZE: usize = 1200;
