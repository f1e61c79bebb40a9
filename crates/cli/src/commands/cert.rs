//! `sinew cert`: looks at libp2p certificates.

use std::{
    fmt, fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use sinew::PeerId;
use sinew_tls::{CertificateError, Report, Validity};

use crate::{
    Context,
    arguments::Cert,
    explain,
    failure::{Failure, Fault, Kind, sentence},
};

pub(crate) fn run(command: &Cert, context: &Context) -> Result<(), Failure> {
    let Cert::Check { file } = command;
    let content = read(file)?;
    let report = sinew_tls::check(&content, SystemTime::now());
    context.print(&Checked::new(&report))?;
    match &report.verdict {
        Ok(_) => Ok(()),
        Err(error) => Err(explain::certificate(error)),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error| {
        let message = format!("cannot read {}: {error}", file.display());
        Failure::new(Kind::File, Fault::Us, message)
    };
    let len = fs::metadata(file).map_err(failed)?.len();
    if len > MAX_FILE_BYTES {
        let message = format!("{} is too large to be a certificate", file.display());
        return Err(Failure::new(Kind::File, Fault::Us, message));
    }
    fs::read(file).map_err(failed)
}

/// What is said about a certificate.
#[derive(Serialize)]
#[serde(tag = "event", rename = "certificate")]
struct Checked {
    valid: bool,
    /// Whose it is, or, if it is not valid, whose it claims to be.
    peer: Option<PeerId>,
    key_type: Option<&'static str>,
    not_before_unix: Option<i64>,
    not_after_unix: Option<i64>,
    /// The rule that it breaks.
    broken_rule: Option<String>,
    #[serde(skip)]
    validity: Option<Validity>,
}

impl Checked {
    fn new(report: &Report) -> Self {
        let verified = report.verdict.as_ref().ok();
        Self {
            valid: verified.is_some(),
            peer: verified.map(|peer| peer.peer_id).or(report.claimed),
            key_type: verified.map(|peer| peer.public_key.key_type().name()),
            not_before_unix: report.validity.map(|validity| unix(validity.not_before)),
            not_after_unix: report.validity.map(|validity| unix(validity.not_after)),
            broken_rule: report
                .verdict
                .as_ref()
                .err()
                .map(|error: &CertificateError| sentence(error)),
            validity: report.validity,
        }
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.broken_rule {
            None => f.write_str("a valid libp2p certificate")?,
            Some(rule) => write!(f, "not a valid libp2p certificate: {rule}")?,
        }
        if let Some(peer) = &self.peer {
            let label = if self.valid { "peer id " } else { "claims  " };
            write!(f, "\n{label}  {peer}")?;
        }
        if let Some(key_type) = self.key_type {
            write!(f, "\nhost key  {key_type}")?;
        }
        if let Some(validity) = &self.validity {
            write!(f, "\ntime      {validity}")?;
        }
        Ok(())
    }
}

fn unix(time: SystemTime) -> i64 {
    let seconds =
        |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => seconds(after),
        Err(before) => -seconds(before.duration()),
    }
}

/// Far more than any certificate, with the chain that a PEM file may hold behind it.
const MAX_FILE_BYTES: u64 = 1 << 20;
