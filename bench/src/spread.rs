//! The median of some runs, how far they lie apart, and how that is printed.

use std::fmt;

/// The median of some values, the smallest and the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Returns nothing when there are no values.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (&min, &max) = (values.first()?, values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            (values[middle - 1] + values[middle]) / 2.0
        };
        Some(Self { median, min, max })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, min, max] = [self.median, self.min, self.max].map(figure);
        if min == max {
            return write!(f, "{median}");
        }
        write!(f, "{median} ({min}–{max})")
    }
}

/// Returns a cell of a table.
pub(crate) fn cell(spread: Option<Spread>) -> String {
    spread.map_or("–".to_owned(), |spread| spread.to_string())
}

/// Three significant digits at least, and no more decimals than they need.
pub(crate) fn figure(value: f64) -> String {
    let rounded = if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    grouped(rounded)
}

/// Parts thousands.
fn grouped(digits: String) -> String {
    if digits.contains('.') || digits.len() < 5 {
        return digits;
    }
    let mut parts = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            parts.push(',');
        }
        parts.push(digit);
    }
    parts
}

#[cfg(test)]
mod tests;
