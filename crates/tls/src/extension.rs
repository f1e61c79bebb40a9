//! The libp2p public key extension: its encoding, and what is signed in it.

use crate::der::{self, Malformed, Reader};

/// A decoded libp2p extension; nothing in it was checked yet.
// [tls §libp2p Public Key Extension] SignedKey ::= SEQUENCE { publicKey OCTET STRING, signature OCTET STRING }
pub(crate) struct SignedKey<'a> {
    /// The host key, in libp2p's protobuf form.
    pub(crate) public_key: &'a [u8],
    /// The host key's signature over [`signed_message`].
    pub(crate) signature: &'a [u8],
}

impl<'a> SignedKey<'a> {
    pub(crate) fn decode(input: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new(input);
        let mut fields = outer.sequence()?;
        outer.finish()?;

        let public_key = fields.octet_string()?;
        let signature = fields.octet_string()?;
        fields.finish()?;
        Ok(Self {
            public_key,
            signature,
        })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut fields = Vec::with_capacity(self.public_key.len() + self.signature.len() + 8);
        der::push_value(&mut fields, der::OCTET_STRING, self.public_key);
        der::push_value(&mut fields, der::OCTET_STRING, self.signature);

        let mut out = Vec::with_capacity(fields.len() + 4);
        der::push_value(&mut out, der::SEQUENCE, &fields);
        out
    }
}

/// Returns what the host key signs for a certificate whose key is `subject_public_key_info`.
pub(crate) fn signed_message(subject_public_key_info: &[u8]) -> Vec<u8> {
    [SIGNATURE_PREFIX, subject_public_key_info].concat()
}

/// The object identifier of the extension.
pub(crate) const OID: &[u64] = &[1, 3, 6, 1, 4, 1, 53594, 1, 1];

const SIGNATURE_PREFIX: &[u8] = b"libp2p-tls-handshake:";
