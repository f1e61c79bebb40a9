//! The part of protobuf's wire format that keys and envelopes need, reading without a copy.
//!
//! Generated code would copy a private key's bytes into buffers that nobody wipes. This reader
//! lends slices of its input instead, so the only copies of a secret are those made on purpose.

/// Bytes are not protobuf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end in the middle of a field.
    #[error("message ends in the middle of a field")]
    Truncated,
    /// A number is longer than the ten bytes, or larger than the 64 bits, that protobuf allows.
    #[error("number does not fit 64 bits")]
    NumberTooLarge,
    /// A field's number is zero or above 2^29 - 1.
    #[error("field number is out of range")]
    FieldNumber,
    /// A field's wire type is unassigned, or one of the retired groups.
    #[error("field {field} has the unsupported wire type {wire_type}")]
    WireType {
        /// The field's number.
        field: u32,
        /// The wire type found, 0 to 7.
        wire_type: u8,
    },
    /// A known field carries a value of another type than its definition says.
    #[error("field {field} carries a value of the wrong type")]
    Mismatch {
        /// The field's number.
        field: u32,
    },
}

/// Reads the fields of one message, in whatever order they come.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// One field: its number and its value.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub(crate) number: u32,
    value: Value<'a>,
}

#[derive(Debug)]
enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes; nothing here uses them, so they are only stepped over.
    Fixed,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// Returns the next field, or `None` at the end of the message.
    pub(crate) fn next_field(&mut self) -> Result<Option<Field<'a>>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3)
            .ok()
            .filter(|number| (1..=MAX_FIELD_NUMBER).contains(number))
            .ok_or(WireError::FieldNumber)?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let len = self.varint()?;
                Value::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            other => {
                return Err(WireError::WireType {
                    field: number,
                    wire_type: other as u8,
                });
            }
        };
        Ok(Some(Field { number, value }))
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for index in 0..MAX_VARINT_LEN {
            let (&byte, rest) = self.rest.split_first().ok_or(WireError::Truncated)?;
            self.rest = rest;
            // The tenth byte holds bit 63 alone.
            if index == MAX_VARINT_LEN - 1 && byte > 1 {
                return Err(WireError::NumberTooLarge);
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::NumberTooLarge)
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], WireError> {
        let len = usize::try_from(len).map_err(|_| WireError::Truncated)?;
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Field<'a> {
    /// Returns the value of a `bytes`, `string` or message field.
    pub(crate) fn bytes(&self) -> Result<&'a [u8], WireError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Varint(_) | Value::Fixed => Err(WireError::Mismatch { field: self.number }),
        }
    }

    /// Returns the value of an integer or enum field.
    pub(crate) fn varint(&self) -> Result<u64, WireError> {
        match self.value {
            Value::Varint(value) => Ok(value),
            Value::Bytes(_) | Value::Fixed => Err(WireError::Mismatch { field: self.number }),
        }
    }
}

/// Appends `value` in seven-bit groups, least significant first.
pub(crate) fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the length of `bytes` as a varint, then `bytes`.
pub(crate) fn push_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends the field `number`, which must be below 16, with a `bytes` or message value.
pub(crate) fn push_bytes_field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    push_prefixed(out, bytes);
}

/// Appends the field `number`, which must be below 16, with an integer or enum value.
pub(crate) fn push_varint_field(out: &mut Vec<u8>, number: u8, value: u64) {
    out.push(number << 3);
    push_varint(out, value);
}

/// The longest varint: ten groups of seven bits hold 64.
const MAX_VARINT_LEN: usize = 10;
/// The largest number a field may have.
const MAX_FIELD_NUMBER: u32 = (1 << 29) - 1;

#[cfg(test)]
mod tests;
