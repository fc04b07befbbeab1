//! dotnet-monitor's names, for dashboards that were made for them.
//!
//! Name = provider in lower case without punctuation, `_`, counter, `_` and unit; invalid characters of counter and
//! unit become `_` and keep their case. MB become bytes; a percentage is called a ratio but not divided. Everything is
//! a gauge (increments as they are in an interval), histograms are summaries. Unlike the original, all tag sets of an
//! instrument are there, each with the label `process`.

use super::families::{Families, FamilyKind, Labels};
use crate::counters::{ReadingValue, Series};
use crate::monitor::Standing;

/// Units that are renamed (any case): unit, suffix, factor.
const UNITS: &[(&str, &str, f64)] =
    &[("", "", 1.0), ("count", "", 1.0), ("B", "_bytes", 1.0), ("MB", "_bytes", 1e6), ("%", "_ratio", 1.0)];

/// Adds what a series says to its family.
pub(super) fn series(families: &mut Families, process: &Labels, series: &Series, standing: &Standing) {
    let Some(latest) = &standing.latest else { return };
    let (name, factor) = name(&series.provider, &series.name, &series.unit);
    let mut labels = process.clone();
    for (key, value) in series.tag_pairs() {
        labels.push(&key, &value);
    }
    let help = &series.display_name;
    let mut gauge = |value: f64| families.add(&name, FamilyKind::Gauge, help, &labels, value * factor);
    match latest {
        ReadingValue::Mean { mean, .. } => gauge(*mean),
        ReadingValue::Increment { increment, .. } => gauge(*increment),
        ReadingValue::Counter { delta, .. } => gauge(delta.unwrap_or(0.0)),
        ReadingValue::UpDownCounter { total, .. } => gauge(total.unwrap_or(standing.increments)),
        ReadingValue::Gauge(value) => gauge(*value),
        ReadingValue::Histogram { quantiles, .. } => {
            let quantiles: Vec<(f64, f64)> =
                quantiles.iter().map(|(q, value)| (*q, value * factor)).collect();
            families.add_summary(&name, help, &labels, &quantiles, None);
        }
        ReadingValue::Ended => {}
    }
}

/// The family's name, and the factor its values take.
fn name(provider: &str, counter: &str, unit: &str) -> (String, f64) {
    let mut name = String::new();
    for c in provider.chars().filter(|c| is_valid(*c)) {
        if !(name.is_empty() && c.is_ascii_digit()) {
            name.push(c.to_ascii_lowercase());
        }
    }
    if name.is_empty() {
        name.push('_');
    }
    name.push('_');
    push_replaced(&mut name, counter);
    let known = UNITS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(unit));
    if let Some((_, suffix, factor)) = known {
        name.push_str(suffix);
        return (name, *factor);
    }
    name.push('_');
    push_replaced(&mut name, unit);
    (name, 1.0)
}

fn is_valid(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Adds a part of a name; a digit is not valid as the first character of a part.
fn push_replaced(name: &mut String, part: &str) {
    let valid = |(at, c): (usize, char)| is_valid(c) && !(at == 0 && c.is_ascii_digit());
    name.extend(part.chars().enumerate().map(|(at, c)| if valid((at, c)) { c } else { '_' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dotnet_monitors() {
        let check = |provider, counter, unit, expected: &str| {
            assert_eq!(name(provider, counter, unit).0, expected);
        };
        check("System.Runtime", "cpu-usage", "%", "systemruntime_cpu_usage_ratio");
        check("System.Runtime", "working-set", "MB", "systemruntime_working_set_bytes");
        check("System.Runtime", "gen-0-gc-count", "count", "systemruntime_gen_0_gc_count");
        check("System.Runtime", "alloc-rate", "B", "systemruntime_alloc_rate_bytes");
        check("System.Runtime", "il-bytes-jitted", "B", "systemruntime_il_bytes_jitted_bytes");
        check("System.Runtime", "time-in-jit", "ms", "systemruntime_time_in_jit_ms");
        check(
            "Microsoft.AspNetCore.Hosting",
            "requests-per-second",
            "count",
            "microsoftaspnetcorehosting_requests_per_second",
        );
        check("Test-Provider", "Test-Metric", "b", "testprovider_Test_Metric_bytes");
        check("!@#", "#@#", "b", "______bytes");
        check(
            "Asp-Net-Provider",
            "Requests!Received",
            "0$customs",
            "aspnetprovider_Requests_Received___customs",
        );
        check("a", "b", "", "a_b");
    }

    #[test]
    fn megabytes_become_bytes_and_percentages_stay() {
        assert!((name("p", "c", "mb").1 - 1e6).abs() < 1e-9);
        assert!((name("p", "c", "%").1 - 1.0).abs() < 1e-9);
    }
}
