//! How much looking up of names one attempt to connect may cause.

use std::time::Duration;

/// The bounds of turning names (`/dns…`, `/dnsaddr`) into addresses. Whoever writes the records of a name, or
/// an address with a name in it, can be anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupLimits {
    /// How often a record of `/dnsaddr` may lead to a further `/dnsaddr`. 3: one step more than is in use.
    pub max_nesting: usize,
    /// Questions that one attempt asks; each is asked once, however many addresses need it. 32.
    pub max_questions: usize,
    /// Records of one answer that are looked at. 100: those beyond are ignored, and the error says so.
    pub max_records: usize,
    /// How long one question may take. 5 s.
    pub question_timeout: Duration,
    /// How long all questions of an attempt may take, from the last name that a caller brought. 10 s.
    pub total_timeout: Duration,
    /// How long the IPv4 addresses of a `/dns` name are held back while its IPv6 addresses are not known. 50 ms,
    /// as RFC 8305 recommends.
    pub ipv6_head_start: Duration,
    /// Questions in progress, over all attempts. 64: further ones wait for their turn.
    pub concurrency: usize,
}

impl Default for LookupLimits {
    fn default() -> Self {
        Self {
            max_nesting: 3,
            max_questions: 32,
            max_records: 100,
            question_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(10),
            ipv6_head_start: Duration::from_millis(50),
            concurrency: 64,
        }
    }
}
