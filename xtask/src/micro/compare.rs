//! The tables, and what counts as worse.

use std::fmt::Write as _;

use super::Measured;
use super::accepted::{self, Accepted, What};

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
                case.name,
                grouped(case.cost.instructions)
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
    for old in before.iter().filter(|old| same(ours, old).is_none()) {
        let instructions = grouped(old.cost.instructions);
        let _ = writeln!(table, "| `{}` | gone | {instructions} |", old.name);
    }
    table
}

/// What a comparison comes to.
#[derive(Default)]
pub(super) struct Judgement {
    /// A line for each case that got worse by more than is allowed.
    pub(super) regressions: Vec<String>,
    /// A line for each case that got worse by more than that, and was meant to.
    pub(super) accepted: Vec<String>,
}

/// Judges the cases that are on both sides.
pub(super) fn judge(ours: &[Measured], before: &[Measured], accepted: &[Accepted]) -> Judgement {
    let mut judgement = Judgement::default();
    for case in ours {
        let Some(old) = same(before, case) else {
            continue;
        };
        let ratio = ratio(case, old);
        if ratio > MORE_INSTRUCTIONS {
            let found = format!(
                "{}: {ratio:.3} times the instructions, {MORE_INSTRUCTIONS} are allowed",
                case.name
            );
            let agreed = accepted::for_case(accepted, &case.name, What::Instructions);
            judgement.add(found, agreed.filter(|agreed| ratio <= agreed.ratio));
        }
        if case.allocations > old.allocations {
            let found = format!(
                "{}: {} allocations, {} before",
                case.name, case.allocations, old.allocations
            );
            let agreed = accepted::for_case(accepted, &case.name, What::Allocations);
            let allowed = |agreed: &&Accepted| {
                case.allocations as f64 <= agreed.ratio * old.allocations as f64
            };
            judgement.add(found, agreed.filter(allowed));
        }
    }
    judgement
}

impl Judgement {
    fn add(&mut self, found: String, agreed: Option<&Accepted>) {
        match agreed {
            None => self.regressions.push(found),
            Some(agreed) => {
                let Accepted { ratio, reason, .. } = agreed;
                self.accepted
                    .push(format!("{found}; {ratio} times is accepted: {reason}"));
            }
        }
    }
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
