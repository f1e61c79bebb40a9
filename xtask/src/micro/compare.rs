//! The tables, and what counts as worse.

use std::fmt::Write as _;

use super::Measured;

/// Instructions may grow by this factor: what a compiler decides anew moves them by a percent or two.
const MORE_INSTRUCTIONS: f64 = 1.05;

pub(super) fn table(all: &[Measured]) -> String {
    let mut table = String::from(
        "| case | what | instructions | of it crypto | allocations | bytes allocated |\n|---|---|---|---|---|---|\n",
    );
    for case in all {
        // A `String` cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {:.0} % | {} | {} |",
            case.name,
            case.what,
            grouped(case.cost.instructions),
            crypto_percent(case),
            grouped(case.allocations),
            grouped(case.allocated_bytes),
        );
    }
    table
}

pub(super) fn ratios(ours: &[Measured], before: &[Measured]) -> String {
    let mut table = String::from(
        "| case | instructions | before | ratio | of it crypto | allocations | before | bytes allocated | before |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for case in ours {
        let Some(old) = same(before, case) else {
            let _ = writeln!(
                table,
                "| `{}` | {} | new |",
                case.name, case.cost.instructions
            );
            continue;
        };
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {:.3} | {:.0} % | {} | {} | {} | {} |",
            case.name,
            grouped(case.cost.instructions),
            grouped(old.cost.instructions),
            ratio(case, old),
            crypto_percent(case),
            grouped(case.allocations),
            grouped(old.allocations),
            grouped(case.allocated_bytes),
            grouped(old.allocated_bytes),
        );
    }
    table
}

/// Returns a line for each case that got worse by more than is allowed.
pub(super) fn regressions(ours: &[Measured], before: &[Measured]) -> Vec<String> {
    let mut findings = Vec::new();
    for case in ours {
        let Some(old) = same(before, case) else {
            continue;
        };
        let ratio = ratio(case, old);
        if ratio > MORE_INSTRUCTIONS {
            findings.push(format!(
                "{}: {ratio:.3} times the instructions, {MORE_INSTRUCTIONS} are allowed",
                case.name
            ));
        }
        if case.allocations > old.allocations {
            findings.push(format!(
                "{}: {} allocations, {} before",
                case.name, case.allocations, old.allocations
            ));
        }
    }
    findings
}

fn same<'a>(before: &'a [Measured], case: &Measured) -> Option<&'a Measured> {
    before.iter().find(|old| old.name == case.name)
}

fn ratio(case: &Measured, old: &Measured) -> f64 {
    case.cost.instructions as f64 / old.cost.instructions.max(1) as f64
}

fn crypto_percent(case: &Measured) -> f64 {
    case.cost.crypto as f64 * 100.0 / case.cost.instructions.max(1) as f64
}

/// Parts thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut parts = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            parts.push(',');
        }
        parts.push(digit);
    }
    parts
}

#[cfg(test)]
mod tests;
