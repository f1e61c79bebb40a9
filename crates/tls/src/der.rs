//! The little of DER that x509-parser does not hand out: raw contents, strictly read.

/// A reader over DER values; each read takes one value from the front.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    input: &'a [u8],
}

/// A value that is not DER, or not of the kind that was asked for.
#[derive(Debug)]
pub(crate) struct Malformed;

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { input }
    }

    /// Takes a `SEQUENCE` and returns a reader over its contents.
    pub(crate) fn sequence(&mut self) -> Result<Self, Malformed> {
        self.value(SEQUENCE).map(Self::new)
    }

    /// Takes an `OCTET STRING` and returns its contents.
    pub(crate) fn octet_string(&mut self) -> Result<&'a [u8], Malformed> {
        self.value(OCTET_STRING)
    }

    /// Takes a `BIT STRING` of whole bytes and returns them.
    pub(crate) fn whole_bytes(&mut self) -> Result<&'a [u8], Malformed> {
        match self.value(BIT_STRING)? {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(Malformed),
        }
    }

    /// Takes one value of any kind, without looking at it.
    pub(crate) fn skip(&mut self) -> Result<(), Malformed> {
        let (_, _, rest) = split(self.input)?;
        self.input = rest;
        Ok(())
    }

    /// Returns what was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.input
    }

    /// Checks that nothing is left.
    pub(crate) fn finish(self) -> Result<(), Malformed> {
        if self.input.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    fn value(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        let (found, contents, rest) = split(self.input)?;
        if found != tag {
            return Err(Malformed);
        }
        self.input = rest;
        Ok(contents)
    }
}

/// Appends a value with a definite, shortest-form length.
pub(crate) fn push_value(out: &mut Vec<u8>, tag: u8, contents: &[u8]) {
    out.push(tag);
    let len = contents.len();
    if len < 0x80 {
        out.extend(u8::try_from(len));
    } else {
        let bytes = len.to_be_bytes();
        let significant: Vec<u8> = bytes
            .iter()
            .copied()
            .skip_while(|&byte| byte == 0)
            .collect();
        out.extend(u8::try_from(significant.len()).map(|count| 0x80 | count));
        out.extend(significant);
    }
    out.extend_from_slice(contents);
}

/// Splits the first value of `input` into tag, contents and what follows.
fn split(input: &[u8]) -> Result<(u8, &[u8], &[u8]), Malformed> {
    let [tag, first, rest @ ..] = input else {
        return Err(Malformed);
    };
    let (len, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        // 0x80 is the indefinite form, which DER does not have; nothing here needs more than 2 bytes.
        0x81 => {
            let (&[len], rest) = rest.split_first_chunk().ok_or(Malformed)?;
            if len < 0x80 {
                return Err(Malformed);
            }
            (usize::from(len), rest)
        }
        0x82 => {
            let (&len, rest) = rest.split_first_chunk().ok_or(Malformed)?;
            let len = u16::from_be_bytes(len);
            if len < 0x100 {
                return Err(Malformed);
            }
            (usize::from(len), rest)
        }
        _ => return Err(Malformed),
    };
    let (contents, rest) = rest.split_at_checked(len).ok_or(Malformed)?;
    Ok((*tag, contents, rest))
}

pub(crate) const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;

#[cfg(test)]
mod tests;
