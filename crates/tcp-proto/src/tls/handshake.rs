//! The handshake, which is rustls'.

use std::{fmt, mem, sync::Arc};

use bytes::{Buf, BytesMut};
use rustls::{
    AlertDescription,
    client::UnbufferedClientConnection,
    pki_types::ServerName,
    server::UnbufferedServerConnection,
    unbuffered::{ConnectionState, EncodeError, EncodeTlsData, UnbufferedStatus},
};
use sinew_identity::PeerId;
use sinew_tls::{
    CertificateError, ClientTemplate, Rejection, ServerTemplate, Verdict, VerifiedPeer, server_name,
};

use super::{RecordViolation, header::Header, keys::Keys, records::Records};
use crate::{Error, Phase};

/// One side of a handshake.
///
/// rustls gets one record at a time, and none behind the last: what follows the handshake is for
/// [`Records`].
pub(crate) struct Handshake {
    state: State,
    verdict: Arc<Verdict>,
    /// Records that rustls has not used up: the parts of a message that is not all there.
    incoming: BytesMut,
    /// How many bytes the peer may still send.
    bytes_left: usize,
    outbox: Vec<u8>,
}

/// What came of a handshake.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) peer: VerifiedPeer,
    /// What ALPN came to, if anything.
    pub(crate) protocol: Option<Vec<u8>>,
    pub(crate) records: Records,
}

enum State {
    Client(UnbufferedClientConnection),
    Server(UnbufferedServerConnection),
    Done(Box<Done>),
    Failed,
}

/// What rustls wants next.
enum Step {
    /// To be asked again.
    Again,
    /// More from the peer.
    Blocked,
    /// Nothing more.
    Done,
}

impl Handshake {
    /// Starts a handshake with whoever was dialed; the first message is due at once.
    pub(crate) fn dial(template: &ClientTemplate, expected: Option<PeerId>) -> Result<Self, Error> {
        let (config, verdict) = template.for_handshake(expected);
        let mut config = Arc::unwrap_or_clone(config);
        config.enable_secret_extraction = true;
        let name = server_name(expected.as_ref());
        let name = ServerName::try_from(name).expect("a peer id can stand for a server's name");
        let client = UnbufferedClientConnection::new(Arc::new(config), name).map_err(failed)?;
        let mut handshake = Self::new(State::Client(client), verdict);
        handshake.advance()?;
        Ok(handshake)
    }

    /// Waits for a dialer, whoever it is.
    pub(crate) fn listen(template: &ServerTemplate) -> Result<Self, Error> {
        let (config, verdict) = template.for_handshake();
        let mut config = Arc::unwrap_or_clone(config);
        config.enable_secret_extraction = true;
        let server = UnbufferedServerConnection::new(Arc::new(config)).map_err(failed)?;
        Ok(Self::new(State::Server(server), verdict))
    }

    fn new(state: State, verdict: Arc<Verdict>) -> Self {
        Self {
            state,
            verdict,
            incoming: BytesMut::new(),
            bytes_left: MAX_HANDSHAKE_LEN,
            outbox: Vec::new(),
        }
    }

    /// Takes records from the front of `input` until the handshake is done.
    ///
    /// # Errors
    ///
    /// It failed. An alert may have to be sent.
    pub(crate) fn read(&mut self, input: &mut BytesMut) -> Result<(), Error> {
        while matches!(self.state, State::Client(_) | State::Server(_)) {
            let header = Header::decode(input).map_err(|violation| self.fail(violation))?;
            let Some(header) = header else {
                break;
            };
            let len = Header::LEN.saturating_add(header.len);
            if input.len() < len {
                break;
            }
            let Some(left) = self.bytes_left.checked_sub(len) else {
                let max = MAX_HANDSHAKE_LEN;
                return Err(self.fail(RecordViolation::HandshakeTooLong { max }));
            };
            self.bytes_left = left;
            self.incoming.extend_from_slice(&input.split_to(len));
            self.advance()?;
        }
        Ok(())
    }

    /// Takes what is to be sent.
    pub(crate) fn take_output(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.outbox);
    }

    /// Returns what came of the handshake, once.
    pub(crate) fn take_done(&mut self) -> Option<Done> {
        match mem::replace(&mut self.state, State::Failed) {
            State::Done(done) => Some(*done),
            state @ (State::Client(_) | State::Server(_) | State::Failed) => {
                self.state = state;
                None
            }
        }
    }

    /// Lets rustls work until it needs more.
    fn advance(&mut self) -> Result<(), Error> {
        loop {
            let step = self.step();
            match step {
                Ok(Step::Again) => {}
                Ok(Step::Blocked) => return Ok(()),
                Ok(Step::Done) if self.is_handshaking() => return Ok(()),
                Ok(Step::Done) => return self.finish(),
                Err(error) => return Err(self.on_error(error)),
            }
        }
    }

    /// Returns whether the peer still has to speak. A server may speak before its peer has said who it is,
    /// and ours does not.
    fn is_handshaking(&self) -> bool {
        match &self.state {
            State::Client(client) => client.is_handshaking(),
            State::Server(server) => server.is_handshaking(),
            State::Done(_) | State::Failed => false,
        }
    }

    /// Lets rustls take its next step; `Ok(Step::Blocked)` when there is no rustls any more.
    fn step(&mut self) -> Result<Step, rustls::Error> {
        let (incoming, outbox) = (&mut self.incoming, &mut self.outbox);
        let (discard, step) = match &mut self.state {
            State::Client(client) => on_status(client.process_tls_records(incoming), outbox),
            State::Server(server) => on_status(server.process_tls_records(incoming), outbox),
            State::Done(_) | State::Failed => (0, Ok(Step::Blocked)),
        };
        incoming.advance(discard.min(incoming.len()));
        step
    }

    fn wants_write(&self) -> bool {
        match &self.state {
            State::Client(client) => client.wants_write(),
            State::Server(server) => server.wants_write(),
            State::Done(_) | State::Failed => false,
        }
    }

    fn finish(&mut self) -> Result<(), Error> {
        let (protocol, keys) = match mem::replace(&mut self.state, State::Failed) {
            State::Client(client) => (
                client.alpn_protocol().map(<[u8]>::to_vec),
                Keys::from_client(client),
            ),
            State::Server(server) => (
                server.alpn_protocol().map(<[u8]>::to_vec),
                Keys::from_server(server),
            ),
            over @ (State::Done(_) | State::Failed) => {
                self.state = over;
                return Ok(());
            }
        };
        let keys = keys.map_err(failed)?;
        let peer = self.verdict.peer().cloned();
        let peer = peer.ok_or(Error::Certificate(CertificateError::Missing))?;
        self.state = State::Done(Box::new(Done {
            peer,
            protocol,
            records: Records::new(keys),
        }));
        Ok(())
    }

    /// Says why rustls failed, after it has said so to the peer.
    fn on_error(&mut self, error: rustls::Error) -> Error {
        // One alert, and what was due in front of it. rustls reads nothing while it has something to say.
        while self.wants_write() {
            let _ = self.step();
        }
        self.state = State::Failed;
        match self.verdict.rejection() {
            Some(Rejection::Certificate(error)) => return Error::Certificate(error.clone()),
            Some(&Rejection::WrongPeer { expected, actual }) => {
                return Error::WrongPeer { expected, actual };
            }
            Some(_) | None => {}
        }
        failed(error)
    }

    /// Refuses what is no record. rustls has not seen it, so there is no alert.
    fn fail(&mut self, violation: RecordViolation) -> Error {
        self.state = State::Failed;
        Error::violation(Phase::Handshake, violation)
    }
}

/// Does what rustls asks for; returns how much input it has used up, and what it wants next.
fn on_status<D>(
    status: UnbufferedStatus<'_, '_, D>,
    outbox: &mut Vec<u8>,
) -> (usize, Result<Step, rustls::Error>) {
    let UnbufferedStatus { discard, state } = status;
    let step = state.and_then(|state| match state {
        ConnectionState::EncodeTlsData(data) => encode(data, outbox),
        ConnectionState::TransmitTlsData(data) => {
            data.done();
            Ok(Step::Again)
        }
        ConnectionState::BlockedHandshake => Ok(Step::Blocked),
        ConnectionState::WriteTraffic(_) => Ok(Step::Done),
        // [RFC 8446 §6.1] A peer that has said that it will say no more is not done with its handshake.
        ConnectionState::PeerClosed | ConnectionState::Closed => {
            Err(rustls::Error::AlertReceived(AlertDescription::CloseNotify))
        }
        // rustls sees nothing behind the handshake, and no early data was allowed.
        ConnectionState::ReadTraffic(_) | ConnectionState::ReadEarlyData(_) | _ => {
            Err(rustls::Error::General("payload in the handshake".into()))
        }
    });
    (discard, step)
}

fn encode<D>(mut data: EncodeTlsData<'_, D>, outbox: &mut Vec<u8>) -> Result<Step, rustls::Error> {
    let start = outbox.len();
    let mut room = 0;
    loop {
        outbox.resize(start.saturating_add(room), 0);
        match data.encode(outbox.get_mut(start..).unwrap_or_default()) {
            Ok(len) => {
                outbox.truncate(start.saturating_add(len));
                return Ok(Step::Again);
            }
            Err(EncodeError::InsufficientSize(error)) if error.required_size > room => {
                room = error.required_size;
            }
            Err(error) => return Err(rustls::Error::General(error.to_string())),
        }
    }
}

/// Translates an error that has nothing to do with the peer's certificate.
fn failed(error: rustls::Error) -> Error {
    use rustls::Error as E;
    if error == E::NoCertificatesPresented {
        return Error::Certificate(CertificateError::Missing);
    }
    // [muxer-selection §Multiplexer Negotiation over TLS] All that is asked of ALPN is a muxer.
    let no_muxer = E::AlertReceived(AlertDescription::NoApplicationProtocol);
    if [E::NoApplicationProtocol, no_muxer].contains(&error) {
        return Error::NoCommonMuxer;
    }
    let phase = Phase::Handshake;
    if let E::AlertReceived(alert) = error {
        let alert = alert.into();
        return Error::RemoteAlert { phase, alert };
    }
    Error::violation(phase, error)
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

/// What a peer may send in the whole handshake, in bytes. An honest one takes under 3,000, and under
/// 10,000 with the longest RSA keys.
const MAX_HANDSHAKE_LEN: usize = 64 << 10;
