//! The handshake of whichever security protocol it is.

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;
use rand::{SeedableRng as _, rngs::StdRng};
use sinew_identity::PeerId;
use sinew_noise_proto as noise;
use sinew_sans_io::{Machine as _, StreamMachine as _};
use sinew_tls::{ALPN, VerifiedPeer};

use crate::{
    Endpoint, Error, MuxerChoice, Phase, Security, Violation, channel::Channel,
    endpoint::EARLY_MUXER, tls,
};

/// One side of a handshake.
#[derive(Debug)]
pub(crate) enum Handshake {
    Noise(Box<noise::Handshake>),
    Tls(Box<tls::Handshake>),
}

/// What came of a handshake.
#[derive(Debug)]
pub(crate) struct Authenticated {
    pub(crate) peer: VerifiedPeer,
    /// How the muxer was chosen, if it was.
    pub(crate) muxer: Option<MuxerChoice>,
    pub(crate) channel: Channel,
}

impl Handshake {
    /// Starts a handshake with whoever was dialed; the first message is due at once.
    pub(crate) fn dial(
        security: Security,
        endpoint: &Endpoint,
        expected: Option<PeerId>,
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        Ok(match security {
            Security::Noise => {
                let config = Arc::clone(&endpoint.noise);
                let rng = &mut StdRng::from_seed(seed);
                Self::Noise(Box::new(noise::Handshake::dial(config, expected, rng)))
            }
            Security::Tls => {
                let handshake = tls::Handshake::dial(&endpoint.client, expected)?;
                Self::Tls(Box::new(handshake))
            }
        })
    }

    /// Waits for a dialer, whoever it is.
    pub(crate) fn listen(
        security: Security,
        endpoint: &Endpoint,
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        Ok(match security {
            Security::Noise => {
                let config = Arc::clone(&endpoint.noise);
                let rng = &mut StdRng::from_seed(seed);
                Self::Noise(Box::new(noise::Handshake::listen(config, rng)))
            }
            Security::Tls => Self::Tls(Box::new(tls::Handshake::listen(&endpoint.server)?)),
        })
    }

    /// Takes what it can use from the front of `input`.
    pub(crate) fn read(&mut self, now: Instant, input: &mut BytesMut) -> Result<(), Error> {
        match self {
            Self::Noise(handshake) => handshake.handle_input(now, input).map_err(Error::from),
            Self::Tls(handshake) => handshake.read(input),
        }
    }

    /// Appends what is to be sent to `out`.
    pub(crate) fn take_output(&mut self, now: Instant, out: &mut Vec<u8>) {
        match self {
            Self::Noise(handshake) => while handshake.poll_transmit(now, out).is_some() {},
            Self::Tls(handshake) => handshake.take_output(out),
        }
    }

    /// Returns what came of the handshake, once it is done and its output is taken; itself before.
    pub(crate) fn finish(self) -> Result<Authenticated, Self> {
        match self {
            Self::Noise(mut handshake) => {
                let Some(noise::Event::Authenticated {
                    peer_id,
                    public_key,
                    muxer,
                }) = handshake.poll_event()
                else {
                    return Err(Self::Noise(handshake));
                };
                let transport = handshake
                    .into_transport()
                    .expect("the peer is authenticated and the output taken");
                Ok(Authenticated {
                    peer: VerifiedPeer {
                        peer_id,
                        public_key,
                    },
                    // All that we offer is Yamux.
                    muxer: muxer.map(|_| MuxerChoice::InNoise),
                    channel: Channel::Noise(Box::new(transport)),
                })
            }
            Self::Tls(mut handshake) => {
                let Some(done) = handshake.take_done() else {
                    return Err(Self::Tls(handshake));
                };
                // [muxer-selection §Multiplexer Negotiation over TLS] `libp2p`, or nothing, means that the
                // muxer is negotiated.
                let is_chosen = done.protocol.as_deref() == Some(EARLY_MUXER.as_bytes());
                debug_assert!(is_chosen || done.protocol.is_none_or(|name| name == ALPN));
                Ok(Authenticated {
                    peer: done.peer,
                    muxer: is_chosen.then_some(MuxerChoice::InTls),
                    channel: Channel::Tls(Box::new(done.records)),
                })
            }
        }
    }
}

impl From<noise::Error> for Error {
    fn from(error: noise::Error) -> Self {
        match error {
            noise::Error::WrongPeer { expected, actual } => Self::WrongPeer { expected, actual },
            noise::Error::Violation { message, violation } => Self::Violation {
                phase: Phase::Handshake,
                violation: Violation::Noise { message, violation },
            },
            // The end of input is judged before it gets there.
            _ => Self::Truncated {
                phase: Phase::Handshake,
            },
        }
    }
}
