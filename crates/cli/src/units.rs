//! Numbers with units, as people write and read them.

use std::{fmt, time::Duration};

/// Prints a number of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes(pub(crate) u64);

/// Prints a duration in the unit that fits it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(pub(crate) Duration);

/// Prints how fast so many bytes went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) bytes: u64,
    pub(crate) time: Duration,
}

/// Reads `4096`, `64k`, `64M`, `1GiB`, `10MB`. Without a `B` at the end, and with `iB`, a step is 1024.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, suffix) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| EXPECTED_BYTES.to_owned())?;
    let factor: u64 = match suffix.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(EXPECTED_BYTES.to_owned()),
    };
    number
        .checked_mul(factor)
        .ok_or_else(|| "that is more than can be counted".to_owned())
}

/// Reads a number of seconds, with a fraction or without.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| "expected seconds from 0 to a day, such as 2 or 0.5".to_owned())
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 byte"),
            bytes @ ..1024 => write!(f, "{bytes} bytes"),
            bytes => write!(f, "{}", indicatif::BinaryBytes(bytes)),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(1) {
            write!(f, "{:.3} ms", self.0.as_secs_f64() * 1e3)
        } else {
            write!(f, "{:.3} s", self.0.as_secs_f64())
        }
    }
}

impl Rate {
    pub(crate) fn bytes_per_second(self) -> f64 {
        self.bytes as f64 / self.time.as_secs_f64().max(1e-9)
    }

    /// Millions of bits, as networks are sold.
    pub(crate) fn megabits_per_second(self) -> f64 {
        self.bytes_per_second() * 8.0 / 1e6
    }

    pub(crate) fn mebibytes_per_second(self) -> f64 {
        self.bytes_per_second() / f64::from(1 << 20)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Bytes(self.bytes_per_second() as u64))
    }
}

/// Milliseconds, as numbers in JSON: to the microsecond, which is as much as they are worth.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Prints bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads how long something may take: as [`parse_seconds`], but not zero.
pub(crate) fn parse_timeout(text: &str) -> Result<Duration, String> {
    let timeout = parse_seconds(text)?;
    if timeout.is_zero() {
        return Err("nothing is done in no time; expected seconds, such as 2 or 0.5".to_owned());
    }
    Ok(timeout)
}

const EXPECTED_BYTES: &str = "expected a number of bytes, such as 4096, 64k, 10M or 1GiB";
const LONGEST: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests;
