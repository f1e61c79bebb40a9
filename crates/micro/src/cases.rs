//! The pieces of work.

mod addresses;
mod certificate;
mod initials;
mod multistream;
mod noise;
mod quic;
mod tcp;
mod world;
mod yamux;

/// Work that can be done again and again, each time the same.
pub(crate) type Work = Box<dyn FnMut()>;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Makes what is there before the work, which does not count.
    pub(crate) prepare: fn() -> Work,
}

pub(crate) const ALL: [Case; 18] = [
    Case {
        name: "peer-id",
        what: "parse and print 100 peer ids",
        prepare: addresses::peer_ids,
    },
    Case {
        name: "multiaddr-text",
        what: "parse and print 100 multiaddrs",
        prepare: addresses::text,
    },
    Case {
        name: "multiaddr-binary",
        what: "decode and encode 100 multiaddrs",
        prepare: addresses::binary,
    },
    Case {
        name: "certificate-make",
        what: "make a libp2p certificate",
        prepare: certificate::make,
    },
    Case {
        name: "certificate-verify",
        what: "verify a libp2p certificate",
        prepare: certificate::verify,
    },
    Case {
        name: "multistream",
        what: "negotiate the third of three protocols, both sides, 100 times",
        prepare: multistream::negotiate,
    },
    Case {
        name: "noise-handshake",
        what: "shake hands over Noise, both sides",
        prepare: noise::handshake,
    },
    Case {
        name: "noise-record",
        what: "seal and open 64 KiB, 16 times",
        prepare: noise::record,
    },
    Case {
        name: "yamux-echo",
        what: "open 64 streams at once, with 1 KiB there and back on each",
        prepare: yamux::echo,
    },
    Case {
        name: "tcp-handshake",
        what: "connect over TLS with a first stream, both sides",
        prepare: tcp::handshake,
    },
    Case {
        name: "tcp-tls-bulk",
        what: "carry 4 MiB over TLS and Yamux, both sides",
        prepare: tcp::bulk,
    },
    Case {
        name: "quic-handshake",
        what: "connect over QUIC with a first stream, both sides",
        prepare: quic::handshake,
    },
    Case {
        name: "quic-bulk",
        what: "carry 16 MiB over QUIC, both sides",
        prepare: quic::bulk,
    },
    Case {
        name: "quic-streams",
        what: "100 streams over QUIC, a byte there and back on each",
        prepare: quic::streams,
    },
    Case {
        name: "quic-initials-gated",
        what: "look at 100 first packets of strangers, and let none in",
        prepare: initials::gated,
    },
    Case {
        name: "quic-initials-ignored",
        what: "ignore 100 first packets of strangers",
        prepare: initials::ignored,
    },
    Case {
        name: "quic-initials-refused",
        what: "refuse 100 first packets of strangers",
        prepare: initials::refused,
    },
    Case {
        name: "quic-initials-retried",
        what: "ask 100 first packets of strangers for a proof of address",
        prepare: initials::retried,
    },
];
