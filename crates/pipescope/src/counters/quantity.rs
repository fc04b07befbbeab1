//! A value and its unit as people read them.

use super::number::{bytes, readable};

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Bytes as KB, MB, GB; short times as milliseconds and microseconds.
    Abbreviated,
    /// In the unit of the source.
    AsSent,
}

/// A value and its unit, ready to be shown in two columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quantity {
    /// The number; `-` where there is none.
    pub(crate) number: String,
    /// The unit, `/s` added for a rate.
    pub(crate) unit: String,
}

impl Quantity {
    /// `unit` as the source spells it; `per_seconds` is the interval of a rate.
    pub(crate) fn new(value: Option<f64>, unit: &str, per_seconds: Option<u64>, style: Style) -> Self {
        let (value, unit) = match (value, style) {
            (Some(value), Style::Abbreviated) => {
                let (value, unit) = abbreviated(value, unit, per_seconds.is_some());
                (Some(value), unit)
            }
            (value, _) => (value, without_braces(unit)),
        };
        let per = match per_seconds {
            None => String::new(),
            Some(1) => "/s".to_owned(),
            Some(seconds) => format!("/{seconds}s"),
        };
        Self { number: value.map_or_else(|| "-".to_owned(), readable), unit: format!("{unit}{per}") }
    }
}

fn abbreviated(value: f64, unit: &str, is_rate: bool) -> (f64, &str) {
    match unit {
        "B" | "By" | "bytes" => rounded(bytes(value)),
        "KB" => rounded(bytes(value * 1e3)),
        // The runtime's megabyte is 10^6 bytes.
        "MB" => rounded(bytes(value * 1e6)),
        // Totals of seconds stay seconds: 0.3 s of pauses one moment and 1.2 s the next should be comparable.
        "s" if !is_rate && value != 0.0 && value.abs() < 1e-3 => rounded((value * 1e6, "µs")),
        "s" if !is_rate && value != 0.0 && value.abs() < 1.0 => rounded((value * 1e3, "ms")),
        unit => (value, without_braces(unit)),
    }
}

/// One decimal: what has been scaled to a handy size is read roughly.
fn rounded((value, unit): (f64, &'static str)) -> (f64, &'static str) {
    ((value * 10.0).round() / 10.0, unit)
}

/// Units of the metrics convention that only count things stand in braces: `{request}`.
fn without_braces(unit: &str) -> &str {
    unit.strip_prefix('{').and_then(|unit| unit.strip_suffix('}')).unwrap_or(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Option<f64>, unit: &str, per: Option<u64>, style: Style, expected: &str) {
        let quantity = Quantity::new(value, unit, per, style);
        assert_eq!(format!("{} {}", quantity.number, quantity.unit), expected);
    }

    #[test]
    fn abbreviated_quantities_change_their_unit() {
        let style = Style::Abbreviated;
        check(Some(43_003_904.0), "By", None, style, "43 MB");
        check(Some(43.26), "MB", None, style, "43.3 MB");
        check(Some(8168.0), "B", Some(1), style, "8.2 KB/s");
        check(Some(0.0), "B", Some(5), style, "0 B/5s");
        check(Some(0.0123), "s", None, style, "12.3 ms");
        check(Some(0.000_012), "s", None, style, "12 µs");
        check(Some(3.0), "{request}", Some(1), style, "3 request/s");
        check(Some(3.0), "", Some(1), style, "3 /s");
        check(None, "%", None, style, "- %");
    }

    #[test]
    fn as_sent_nothing_changes_but_braces() {
        let style = Style::AsSent;
        check(Some(43_003_904.0), "By", None, style, "43,003,904 By");
        check(Some(0.0123), "s", None, style, "0.012 s");
        check(Some(1.0), "{cpu}", None, style, "1 cpu");
    }
}
