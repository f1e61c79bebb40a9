//! What a caller can offer on a stream.

use sinew_transport::{Protocol, negotiate::InvalidProtocol};

/// One protocol, or several in the order of preference.
///
/// With one, a stream can be used at once: the peer's answer is checked when it is first read from.
pub trait IntoProtocols {
    /// Returns the protocols.
    ///
    /// # Errors
    ///
    /// A string is not the name of a protocol.
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol>;
}

impl IntoProtocols for Protocol {
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol> {
        Ok(vec![self])
    }
}

impl IntoProtocols for &Protocol {
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol> {
        Ok(vec![self.clone()])
    }
}

impl IntoProtocols for &str {
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol> {
        Ok(vec![self.parse()?])
    }
}

impl IntoProtocols for String {
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol> {
        self.as_str().into_protocols()
    }
}

impl IntoProtocols for Vec<Protocol> {
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol> {
        Ok(self)
    }
}

impl IntoProtocols for &[Protocol] {
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol> {
        Ok(self.to_vec())
    }
}

impl<const N: usize> IntoProtocols for [Protocol; N] {
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol> {
        Ok(self.into())
    }
}

impl<const N: usize> IntoProtocols for [&str; N] {
    fn into_protocols(self) -> Result<Vec<Protocol>, InvalidProtocol> {
        self.iter().map(|name| name.parse()).collect()
    }
}
