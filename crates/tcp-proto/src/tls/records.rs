//! Both directions of a connection whose handshake is done.

use bytes::{Buf, BytesMut};

use super::{
    Exhausted, Opened, RecordViolation,
    header::{ALERT, HANDSHAKE},
    keys::{FirstKeys, Keys},
    opener::{Content, Opener},
    sealer::Sealer,
};

/// Both directions of a connection whose handshake is done.
#[derive(Debug)]
pub(crate) struct Records {
    keys: Keys,
    sealer: Sealer,
    opener: Opener,
    /// The peer may send session tickets, which we ignore.
    is_client: bool,
    /// The peer wants us to take our next key.
    is_update_asked: bool,
    /// The beginning of a message that goes on in the next record.
    message: BytesMut,
}

impl Records {
    pub(crate) const HEADER: &[u8] = &Sealer::HEADER;
    pub(crate) const MAX_PLAINTEXT_LEN: usize = Sealer::MAX_PLAINTEXT_LEN;

    pub(super) fn new(first: FirstKeys) -> Self {
        Self {
            is_client: matches!(first.keys, Keys::Client(_)),
            keys: first.keys,
            sealer: Sealer::new(first.ours),
            opener: Opener::new(first.theirs),
            is_update_asked: false,
            message: BytesMut::new(),
        }
    }

    /// Returns whether [`write_control`](Self::write_control) has something to say.
    pub(crate) fn wants_control(&self) -> bool {
        self.is_update_asked || self.sealer.is_worn()
    }

    /// Appends what has to be said to the peer's TLS before the next record.
    // [RFC 8446 §4.6.3]
    pub(crate) fn write_control(&mut self, out: &mut Vec<u8>) -> Result<(), Exhausted> {
        if !self.wants_control() {
            return Ok(());
        }
        self.is_update_asked = false;
        let next = self.keys.next_of_ours().ok_or(Exhausted)?;
        self.sealer.append(HANDSHAKE, &KEY_UPDATE, out)?;
        self.sealer.set_cipher(next);
        Ok(())
    }

    /// Turns what stands in `out` from `start` on into one record, in place.
    pub(crate) fn seal(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), Exhausted> {
        self.sealer.seal(out, start)
    }

    /// Appends the last record: that we will say no more, or why.
    // [RFC 8446 §6]
    pub(crate) fn write_alert(&mut self, alert: u8, out: &mut Vec<u8>) -> Result<(), Exhausted> {
        let level = if alert == CLOSE_NOTIFY {
            WARNING
        } else {
            FATAL
        };
        self.sealer.append(ALERT, &[level, alert], out)
    }

    /// Takes one record from the front of `input`, or returns `None` when it is not all there.
    pub(crate) fn open(&mut self, input: &mut BytesMut) -> Result<Option<Opened>, RecordViolation> {
        let Some(content) = self.opener.open(input)? else {
            return Ok(None);
        };
        let is_between_messages = self.message.is_empty();
        match content {
            Content::Handshake(messages) => self.on_messages(&messages)?,
            // [RFC 8446 §5.1] A message that goes on in the next record is not interrupted.
            Content::Data(_) | Content::Alert(_) if !is_between_messages => {
                return Err(RecordViolation::MalformedMessage);
            }
            Content::Data(data) => return Ok(Some(Opened::Data(data))),
            Content::Alert(alert) => return on_alert(&alert).map(Some),
        }
        Ok(Some(Opened::Nothing))
    }

    fn on_messages(&mut self, messages: &[u8]) -> Result<(), RecordViolation> {
        // [RFC 8446 §5.1] Handshake records are not empty.
        if messages.is_empty() {
            return Err(RecordViolation::MalformedMessage);
        }
        self.message.extend_from_slice(messages);
        while let Some(&[message_type, a, b, c]) = self.message.first_chunk() {
            let len = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
            if len > MAX_MESSAGE_LEN {
                return Err(RecordViolation::MalformedMessage);
            }
            if self.message.len() < MESSAGE_HEADER_LEN.saturating_add(len) {
                return Ok(());
            }
            self.message.advance(MESSAGE_HEADER_LEN);
            let body = self.message.split_to(len);
            self.on_message(message_type, &body)?;
        }
        Ok(())
    }

    fn on_message(&mut self, message_type: u8, body: &[u8]) -> Result<(), RecordViolation> {
        match message_type {
            NEW_SESSION_TICKET if self.is_client => Ok(()),
            KEY_UPDATE_TYPE => self.on_key_update(body),
            _ => Err(RecordViolation::UnexpectedMessage { message_type }),
        }
    }

    // [RFC 8446 §4.6.3]
    fn on_key_update(&mut self, body: &[u8]) -> Result<(), RecordViolation> {
        let &[is_asked @ 0..=1] = body else {
            return Err(RecordViolation::MalformedMessage);
        };
        // [RFC 8446 §5.1] What follows is under the next key, so it is in the next record.
        if !self.message.is_empty() {
            return Err(RecordViolation::MalformedMessage);
        }
        let next = self.keys.next_of_theirs().ok_or(RecordViolation::Forged)?;
        self.opener.set_cipher(next);
        self.is_update_asked |= is_asked == 1;
        Ok(())
    }
}

fn on_alert(alert: &[u8]) -> Result<Opened, RecordViolation> {
    match *alert {
        [_, CLOSE_NOTIFY] => Ok(Opened::CloseNotify),
        // [RFC 8446 §6.1] It says nothing; a close notify follows.
        [_, USER_CANCELED] => Ok(Opened::Nothing),
        // [RFC 8446 §6] All others are fatal, whatever the level says.
        [_, alert] => Ok(Opened::Alert(alert)),
        _ => Err(RecordViolation::MalformedAlert),
    }
}

/// The alert of an orderly end.
pub(crate) const CLOSE_NOTIFY: u8 = 0;
const USER_CANCELED: u8 = 90;

const WARNING: u8 = 1;
const FATAL: u8 = 2;

const NEW_SESSION_TICKET: u8 = 4;
const KEY_UPDATE_TYPE: u8 = 24;

/// Our next record is under our next key, and we do not ask the peer to do the same.
const KEY_UPDATE: [u8; 5] = [KEY_UPDATE_TYPE, 0, 0, 1, 0];

const MESSAGE_HEADER_LEN: usize = 4;

/// The longest message after the handshake, in bytes. A ticket may be longer, and is not.
const MAX_MESSAGE_LEN: usize = 16 << 10;

#[cfg(test)]
mod tests;
