//! Says what a failed look-up means for whoever asked.

use hickory_resolver::{
    net::{DnsError, NetError},
    proto::op::ResponseCode,
};
use sinew_runtime::LookupError;

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else the crate comes to know is an answer that cannot be used"
)]
pub(crate) fn translate(error: &NetError) -> LookupError {
    match error {
        NetError::Dns(DnsError::ResponseCode(code)) => LookupError::ServerFailed {
            code: (*code).into(),
        },
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => LookupError::NoSuchName,
            _ => LookupError::NoRecords,
        },
        NetError::Io(error) => LookupError::Io(error.clone()),
        NetError::Timeout | NetError::Busy | NetError::NoConnections => LookupError::NoAnswer,
        _ => LookupError::Malformed,
    }
}

/// Returns whether another name server might know more, if the machine has moved.
pub(crate) fn is_unanswered(error: &LookupError) -> bool {
    matches!(error, LookupError::NoAnswer | LookupError::Io(_))
}
