//! Numbers as text.

/// A number as .NET's invariant culture writes it, which is what readers of the stock tool's files expect: the
/// shortest digits that read back to the same value, with an exponent from 1E+15 on and below 0.0001.
pub(crate) fn invariant(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    // Rust's `{:e}` has the same shortest digits: `d.ddde-7`.
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if value != 0.0 && !(-4..15).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}E{sign}{:02}", exponent.abs())
        }
        _ => format!("{value}"),
    }
}

/// A number for people: at most three decimals, groups of thousands, an exponent when it is very large.
pub(crate) fn readable(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value.abs() >= 1e15 {
        return format!("{value:.4e}");
    }
    let text = format!("{value:.3}");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::with_capacity(text.len() + 5);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let decimals = decimals.trim_end_matches('0');
    // A value that rounds to nothing has no sign.
    let sign = if decimals.is_empty() && out == "0" { "" } else { sign };
    if decimals.is_empty() { format!("{sign}{out}") } else { format!("{sign}{out}.{decimals}") }
}

/// A number of bytes with a fitting unit of powers of 1000: value and unit.
pub(crate) fn bytes(value: f64) -> (f64, &'static str) {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut scaled = value;
    let mut unit = 0;
    while scaled.abs() >= 999.95 && unit + 1 < UNITS.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    (scaled, UNITS.get(unit).copied().unwrap_or("B"))
}

/// A size for a line of progress, such as `12.3 MB`.
pub(crate) fn readable_size(size: u64) -> String {
    match bytes(size as f64) {
        (value, "B") => format!("{value:.0} B"),
        (value, unit) => format!("{value:.1} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invariant_numbers_are_those_of_dotnet() {
        for (value, expected) in [
            (0.0, "0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (43_003_904.0, "43003904"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e15, "1E+15"),
            (1.5e100, "1.5E+100"),
            (0.00001, "1E-05"),
            (0.00012, "0.00012"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(invariant(value), expected);
        }
    }

    #[test]
    fn readable_numbers_have_groups_and_few_decimals() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-0.0001, "0"),
            (12.0, "12"),
            (0.12345, "0.123"),
            (999.9999, "1,000"),
            (-1_234_567.5, "-1,234,567.5"),
            (87_000_000.25, "87,000,000.25"),
            (2.5e20, "2.5000e20"),
            (f64::NAN, "-"),
        ] {
            assert_eq!(readable(value), expected);
        }
    }

    #[test]
    fn sizes_change_their_unit() {
        assert_eq!(readable_size(0), "0 B");
        assert_eq!(readable_size(999), "999 B");
        assert_eq!(readable_size(1000), "1.0 KB");
        assert_eq!(readable_size(999_960), "1.0 MB");
        assert_eq!(readable_size(12_345_678), "12.3 MB");
    }
}
