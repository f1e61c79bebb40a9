//! Groups samples by the code that ran.

use std::collections::BTreeMap;

use super::perf::{Frame, Sample};

/// What part of a process's samples a group has.
#[derive(Debug, PartialEq)]
pub(super) struct Share {
    pub(super) group: String,
    pub(super) percent: f64,
}

/// Returns all groups, the largest first.
pub(super) fn shares(samples: &[Sample]) -> Vec<Share> {
    let mut counts = BTreeMap::<String, usize>::new();
    for sample in samples {
        *counts.entry(group(sample)).or_default() += 1;
    }
    let all = samples.len().max(1) as f64;
    let mut shares: Vec<_> = counts
        .into_iter()
        .map(|(group, count)| Share {
            group,
            percent: count as f64 * 100.0 / all,
        })
        .collect();
    shares.sort_by(|a, b| b.percent.total_cmp(&a.percent));
    shares
}

/// Returns the groups that matter in any of the columns, the largest first.
pub(super) fn groups<'a>(columns: impl Iterator<Item = &'a [Share]>) -> Vec<String> {
    let mut largest = BTreeMap::<&str, f64>::new();
    for share in columns.flatten() {
        let entry = largest.entry(&share.group).or_default();
        *entry = entry.max(share.percent);
    }
    let mut groups: Vec<_> = largest.into_iter().collect();
    groups.retain(|(_, percent)| *percent >= SMALLEST);
    groups.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let names = groups.into_iter().map(|(group, _)| group.to_owned());
    names.collect()
}

fn group(sample: &Sample) -> String {
    let Some(innermost) = sample.first() else {
        return "unknown".to_owned();
    };
    if is_kernel(innermost) {
        return in_kernel(sample).to_owned();
    }
    let symbol = innermost.symbol.as_str();
    if is_any(symbol, &CRYPTO) {
        return "crypto".to_owned();
    }
    let is_library = innermost.object.contains(".so");
    if is_library
        || is_any(
            symbol,
            &["mem", "__mem", "malloc", "free", "cfree", "_int_", "__libc"],
        )
    {
        if is_any(symbol, &["mem", "__mem"]) {
            return "memory copies and fills".to_owned();
        }
        if ["alloc", "free", "_int_", "unlink"]
            .iter()
            .any(|part| symbol.contains(part))
        {
            return "allocator".to_owned();
        }
        return "libc and vdso".to_owned();
    }
    match crate_of(symbol) {
        "core" | "alloc" | "std" | "hashbrown" => "Rust's library".to_owned(),
        "ring" | "rustls" => "crypto".to_owned(),
        "sinew_bench" => "the application".to_owned(),
        "" => "other".to_owned(),
        name => name.replace('_', "-"),
    }
}

fn is_kernel(frame: &Frame) -> bool {
    frame.object.contains("kernel") || frame.object.ends_with(".ko")
}

/// What the kernel was asked for, or was interrupted by.
fn in_kernel(sample: &Sample) -> &'static str {
    let symbols = || sample.iter().filter(|frame| is_kernel(frame));
    let has = |parts: &[&str]| {
        symbols().any(|frame| parts.iter().any(|part| frame.symbol.contains(part)))
    };
    // A socket is written to by `writev`, an eventfd by `write`.
    if has(&["_sys_send", "_writev", "sock_write_iter"]) {
        return "kernel: sending, and what arrives by it";
    }
    if has(&["_sys_recv"]) {
        return "kernel: receiving";
    }
    if has(&[
        "_sys_futex",
        "_sys_epoll",
        "sys_write",
        "vfs_write",
        "_sys_sched_yield",
    ]) {
        return "kernel: wake-ups and waiting";
    }
    if has(&["exc_page_fault"]) {
        return "kernel: page faults";
    }
    "kernel: other"
}

fn is_any(symbol: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| symbol.starts_with(start))
}

/// Returns the first word of a path: of `<&mut a::B as c::D>::e` it is `a`.
fn crate_of(symbol: &str) -> &str {
    let path = symbol.trim_start_matches(['<', '&', '*', '[', '(']);
    let path = path.strip_prefix("mut ").unwrap_or(path);
    let path = path.strip_prefix("dyn ").unwrap_or(path);
    let path = path.trim_start_matches('<');
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
    match end {
        Some(end) if path[end..].starts_with("::") => &path[..end],
        _ => "",
    }
}

/// What ring's assembly and its ciphers are called.
const CRYPTO: [&str; 12] = [
    "ring_core",
    "aes_",
    "aesni",
    "vaes",
    "gcm_",
    "ghash",
    "chacha",
    "ChaCha",
    "poly1305",
    "sha256",
    "x25519",
    "p256",
];

/// Percent, below which a group has no row.
const SMALLEST: f64 = 0.5;

#[cfg(test)]
mod tests;
