//! Values as people read them: in tables, and in the sentences of reports.

use std::fmt;

use super::document::{Cell, Unit};

const NANOS_PER_SECOND: f64 = 1e9;
const SECONDS_PER_MINUTE: i64 = 60;

/// With a fitting unit and three or four digits: `48.1 ms`, `49.3 MB` (powers of 1000), `12,345`, `2.1 %`.
///
/// ```
/// use dotnet_analysis::report::document::Cell;
///
/// assert_eq!(format!("paused for {}", Cell::Nanos(48_096_427)), "paused for 48.1 ms");
/// ```
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Empty => String::new(),
            Self::Text(text) => return f.pad(text),
            Self::Count(count) => grouped(&count.to_string()),
            Self::Bytes(bytes) => scaled(*bytes as f64, 1000.0, &["B", "KB", "MB", "GB", "TB", "PB"]),
            Self::Nanos(nanos) => duration(*nanos),
            Self::Percent(percent) => format!("{} %", short(*percent)),
            Self::Number(number) => short(*number),
        };
        f.pad(&text)
    }
}

impl Cell {
    /// Whether it is words, which are read from the left.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// The number it is sorted by; `None` for words and nothing.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Empty | Self::Text(_) => None,
            Self::Count(value) | Self::Bytes(value) => Some(*value as f64),
            Self::Nanos(value) => Some(*value as f64),
            Self::Percent(value) | Self::Number(value) => Some(*value).filter(|value| value.is_finite()),
        }
    }
}

impl Unit {
    /// A value of this unit, as tables and axes show it.
    #[must_use]
    pub fn cell(self, value: f64) -> Cell {
        match self {
            Self::Bytes if value >= 0.0 => Cell::Bytes(value.round() as u64),
            Self::Nanos => Cell::Nanos(value.round() as i64),
            Self::Percent => Cell::Percent(value),
            Self::Count | Self::Bytes => Cell::Number(value),
        }
    }

    /// What pages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Bytes => "bytes",
            Self::Nanos => "nanos",
            Self::Percent => "percent",
        }
    }
}

fn duration(nanos: i64) -> String {
    let seconds = nanos as f64 / NANOS_PER_SECOND;
    if seconds.abs() < 0.999_95 {
        return scaled(nanos as f64, 1000.0, &["ns", "µs", "ms"]);
    }
    if seconds.abs() < 99.95 {
        return format!("{} s", short(seconds));
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let seconds = seconds.abs().round() as i64;
    let (minutes, seconds) = (seconds / SECONDS_PER_MINUTE, seconds % SECONDS_PER_MINUTE);
    match (minutes / SECONDS_PER_MINUTE, minutes % SECONDS_PER_MINUTE) {
        (0, minutes) => format!("{sign}{minutes} min {seconds:02} s"),
        (hours, minutes) => format!("{sign}{hours} h {minutes:02} min"),
    }
}

/// A value in the largest unit in which it is not below one.
fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut unit = 0;
    while value.abs() >= step - 0.05 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{value:.0} {name}") } else { format!("{} {name}", short(value)) }
}

/// Three digits at least, and no more decimals than that takes.
fn short(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let decimals = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    // What rounds to nothing has no sign.
    let text = if text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.')) { "0" } else { &text };
    grouped(text)
}

/// Groups of thousands in the whole part.
fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let (whole, decimals) =
        number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(decimals) = decimals {
        text.push('.');
        text.push_str(decimals);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_a_fitting_unit_and_few_digits() {
        for (cell, expected) in [
            (Cell::Empty, ""),
            (Cell::Text("Gen 2".to_owned()), "Gen 2"),
            (Cell::Count(0), "0"),
            (Cell::Count(1_234_567), "1,234,567"),
            (Cell::Bytes(999), "999 B"),
            (Cell::Bytes(1000), "1 KB"),
            (Cell::Bytes(49_334_000), "49.3 MB"),
            (Cell::Bytes(999_960), "1.00 MB"),
            (Cell::Bytes(12_300_000_000_000), "12.3 TB"),
            (Cell::Nanos(0), "0 ns"),
            (Cell::Nanos(-7), "-7 ns"),
            (Cell::Nanos(182_453), "182 µs"),
            (Cell::Nanos(48_096_427), "48.1 ms"),
            (Cell::Nanos(7_730_339_852), "7.73 s"),
            (Cell::Nanos(38_580_000_000), "38.6 s"),
            (Cell::Nanos(133_000_000_000), "2 min 13 s"),
            (Cell::Nanos(7_322_000_000_000), "2 h 02 min"),
            (Cell::Percent(23.588_731), "23.6 %"),
            (Cell::Percent(0.0), "0 %"),
            (Cell::Percent(0.012), "0.012 %"),
            (Cell::Percent(0.000_01), "0 %"),
            (Cell::Percent(100.0), "100 %"),
            (Cell::Number(2.5), "2.50"),
            (Cell::Number(12_345.6), "12,346"),
            (Cell::Number(f64::NAN), "-"),
        ] {
            assert_eq!(cell.to_string(), expected, "{cell:?}");
        }
    }

    #[test]
    fn values_are_aligned_when_asked_for() {
        assert_eq!(format!("{:>6}", Cell::Count(12)), "    12");
    }
}
