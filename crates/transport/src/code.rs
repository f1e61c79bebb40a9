//! The one table of error codes, for every transport.

use std::fmt;

/// Why a stream was reset or stopped, as it travels on the wire.
///
/// [error-codes] QUIC carries it in RESET_STREAM and STOP_SENDING, Yamux in the length of a window update with
/// the RST flag. Codes from 0x1000 to 0x1fff are libp2p's, smaller ones are reserved for transports, larger
/// ones belong to applications.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamCode(u32);

/// Why a connection was closed, as it travels on the wire; the ranges are those of [`StreamCode`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionCode(u32);

macro_rules! codes {
    ($type:ident { $($(#[doc = $doc:literal])+ $name:ident = $code:literal, $text:literal;)+ }) => {
        impl $type {
            $($(#[doc = $doc])+ pub const $name: Self = Self($code);)+

            /// Makes a code from its number on the wire.
            pub const fn new(code: u32) -> Self {
                Self(code)
            }

            /// Makes a code from a number of a wire format that allows larger ones.
            pub const fn from_wire(code: u64) -> Self {
                // Larger codes are outside the range that libp2p defines.
                if code > u32::MAX as u64 { Self::CODE_OUT_OF_RANGE } else { Self(code as u32) }
            }

            /// Returns the number on the wire.
            pub const fn get(self) -> u32 {
                self.0
            }

            /// Returns what the specification calls the code, if it is one of libp2p's.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)+
                    _ => None,
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{name} ({:#x})", self.0),
                    None => write!(f, "code {:#x}", self.0),
                }
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

codes!(StreamCode {
    /// No reason given.
    NO_ERROR = 0, "no error";
    /// No protocol in common, or the negotiation broke its rules.
    PROTOCOL_NEGOTIATION_FAILED = 0x1001, "protocol negotiation failed";
    /// A limit of the sender was reached; trying again later may help.
    RESOURCE_LIMIT_EXCEEDED = 0x1002, "resource limit exceeded";
    /// Too many requests; trying again later may help.
    RATE_LIMITED = 0x1003, "rate limited";
    /// The other side broke the protocol spoken on the stream.
    PROTOCOL_VIOLATION = 0x1004, "protocol violation";
    /// A better stream or connection took over.
    SUPPLANTED = 0x1005, "supplanted";
    /// The stream was idle for too long.
    GARBAGE_COLLECTED = 0x1006, "garbage collected";
    /// The sender is going down.
    SHUTDOWN = 0x1007, "shutdown";
    /// The sender does not talk to this peer or address.
    GATED = 0x1008, "gated";
    /// The code did not fit 32 bits.
    CODE_OUT_OF_RANGE = 0x1009, "code out of range";
});

codes!(ConnectionCode {
    /// No reason given.
    NO_ERROR = 0, "no error";
    /// No security or muxer protocol in common.
    PROTOCOL_NEGOTIATION_FAILED = 0x1000, "protocol negotiation failed";
    /// A limit of the sender was reached; trying again later may help.
    RESOURCE_LIMIT_EXCEEDED = 0x1001, "resource limit exceeded";
    /// Too many connections in too short a time; trying again later may help.
    RATE_LIMITED = 0x1002, "rate limited";
    /// The other side broke a protocol.
    PROTOCOL_VIOLATION = 0x1003, "protocol violation";
    /// A better connection took over.
    SUPPLANTED = 0x1004, "supplanted";
    /// The connection was not in use.
    GARBAGE_COLLECTED = 0x1005, "garbage collected";
    /// The sender is going down.
    SHUTDOWN = 0x1006, "shutdown";
    /// The sender does not talk to this peer or address.
    GATED = 0x1007, "gated";
    /// The code did not fit 32 bits.
    CODE_OUT_OF_RANGE = 0x1008, "code out of range";
});
