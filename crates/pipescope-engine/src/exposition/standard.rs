//! Names after the conventions of Prometheus and OpenTelemetry.
//!
//! Meters: the instrument's name with its unit and, for counters, `_total` (OpenTelemetry specification, "Prometheus
//! and OpenMetrics compatibility"), and the meter in the label `otel_scope_name`. EventCounters: provider and counter
//! in lower case with underscores, the unit as a base unit, increments summed into a true counter since the process
//! is watched. A few names would read badly by rule, and stand in a table.

use super::families::{Families, FamilyKind, Labels};
use crate::counters::{ReadingValue, Series, Source};
use crate::monitor::Standing;

/// EventCounters whose name by rule would be misleading: provider, counter, name in `/metrics` (without unit and
/// `_total`).
const RENAMED: &[(&str, &str, &str)] = &[
    ("System.Runtime", "threadpool-thread-count", "system_runtime_threadpool_threads"),
    ("System.Runtime", "active-timer-count", "system_runtime_active_timers"),
    ("System.Runtime", "assembly-count", "system_runtime_assemblies"),
    ("System.Runtime", "methods-jitted-count", "system_runtime_methods_jitted"),
    ("System.Runtime", "il-bytes-jitted", "system_runtime_il_jitted"),
    ("System.Runtime", "alloc-rate", "system_runtime_allocated"),
    ("System.Runtime", "exception-count", "system_runtime_exceptions"),
    ("System.Runtime", "monitor-lock-contention-count", "system_runtime_monitor_lock_contentions"),
    ("System.Runtime", "threadpool-completed-items-count", "system_runtime_threadpool_completed_items"),
    ("System.Runtime", "gen-0-gc-count", "system_runtime_gen_0_collections"),
    ("System.Runtime", "gen-1-gc-count", "system_runtime_gen_1_collections"),
    ("System.Runtime", "gen-2-gc-count", "system_runtime_gen_2_collections"),
    ("Microsoft.AspNetCore.Hosting", "requests-per-second", "microsoft_aspnetcore_hosting_requests"),
    (
        "Microsoft-AspNetCore-Server-Kestrel",
        "connections-per-second",
        "microsoft_aspnetcore_server_kestrel_connections",
    ),
    (
        "Microsoft-AspNetCore-Server-Kestrel",
        "tls-handshakes-per-second",
        "microsoft_aspnetcore_server_kestrel_tls_handshakes",
    ),
];

/// Units as sources spell them (any case): unit as `/metrics` spells it, factor to get there.
const UNITS: &[(&str, &str, f64)] = &[
    ("", "", 1.0),
    ("count", "", 1.0),
    ("1", "", 1.0),
    ("%", "ratio", 0.01),
    ("B", "bytes", 1.0),
    ("By", "bytes", 1.0),
    ("bytes", "bytes", 1.0),
    ("KB", "bytes", 1e3),
    ("MB", "bytes", 1e6),
    ("GB", "bytes", 1e9),
    ("KiBy", "bytes", 1024.0),
    ("MiBy", "bytes", 1_048_576.0),
    ("s", "seconds", 1.0),
    ("sec", "seconds", 1.0),
    ("ms", "seconds", 1e-3),
    ("msec", "seconds", 1e-3),
    ("us", "seconds", 1e-6),
    ("ns", "seconds", 1e-9),
];

/// Adds what a series says to its family.
pub(super) fn series(families: &mut Families, process: &Labels, series: &Series, standing: &Standing) {
    let Some(latest) = &standing.latest else { return };
    let mut labels = process.clone();
    if series.source == Source::Meter {
        labels.push("otel_scope_name", &series.provider);
    }
    for (key, value) in series.tag_pairs() {
        labels.push(&key, &value);
    }
    let (unit, factor) = unit(&series.unit);
    let base = base_name(series);
    let help = if series.description.is_empty() { &series.display_name } else { &series.description };
    let counter = |name: &str| {
        let name = with_suffix(name, &unit);
        if name.ends_with("_total") { name } else { format!("{name}_total") }
    };
    let gauge = |name: &str| gauge_name(&with_suffix(name, &unit));
    match latest {
        ReadingValue::Increment { .. } => {
            let value = standing.increments * factor;
            families.add(&counter(&base), FamilyKind::Counter, help, &labels, value);
        }
        ReadingValue::Counter { total, .. } => {
            let value = total.unwrap_or(standing.increments) * factor;
            families.add(&counter(&base), FamilyKind::Counter, help, &labels, value);
        }
        ReadingValue::UpDownCounter { total, .. } => {
            let value = total.unwrap_or(standing.increments) * factor;
            families.add(&gauge(&base), FamilyKind::Gauge, help, &labels, value);
        }
        ReadingValue::Mean { mean, .. } => {
            families.add(&gauge(&base), FamilyKind::Gauge, help, &labels, mean * factor);
        }
        ReadingValue::Gauge(value) => {
            families.add(&gauge(&base), FamilyKind::Gauge, help, &labels, value * factor);
        }
        ReadingValue::Histogram { quantiles, count, sum } => {
            let quantiles: Vec<(f64, f64)> =
                quantiles.iter().map(|(q, value)| (*q, value * factor)).collect();
            let totals = (count.is_some() && sum.is_some())
                .then_some((standing.histogram_sum * factor, standing.histogram_count));
            families.add_summary(&with_suffix(&base, &unit), help, &labels, &quantiles, totals);
        }
        ReadingValue::Ended => {}
    }
}

/// The name without unit and `_total`.
fn base_name(series: &Series) -> String {
    if series.source == Source::Meter {
        return snake(&series.name);
    }
    let renamed = RENAMED.iter().find(|(provider, counter, _)| {
        series.provider.eq_ignore_ascii_case(provider) && series.name == *counter
    });
    match renamed {
        Some((_, _, name)) => (*name).to_owned(),
        None => format!("{}_{}", snake(&series.provider), snake(&series.name)),
    }
}

/// A gauge must not look like a counter or like a part of a histogram.
fn gauge_name(name: &str) -> String {
    const RESERVED: [&str; 4] = ["_total", "_count", "_sum", "_bucket"];
    match RESERVED.iter().find(|suffix| name.ends_with(*suffix)) {
        Some(_) => format!("{name}_current"),
        None => name.to_owned(),
    }
}

fn with_suffix(name: &str, unit: &str) -> String {
    if unit.is_empty() || name.ends_with(&format!("_{unit}")) {
        name.to_owned()
    } else {
        format!("{name}_{unit}")
    }
}

/// The unit as a suffix, and the factor to it. A unit in braces is an annotation, not a unit.
fn unit(text: &str) -> (String, f64) {
    if let Some((_, unit, factor)) = UNITS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(text)) {
        return ((*unit).to_owned(), *factor);
    }
    if text.starts_with('{') { (String::new(), 1.0) } else { (snake(text), 1.0) }
}

/// Lower case, everything else than letters and digits as single underscores, none at the ends.
fn snake(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    while name.ends_with('_') {
        name.pop();
    }
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::{SeriesId, SeriesKind};

    fn check(source: Source, provider: &str, name: &str, unit: &str, latest: ReadingValue, expected: &str) {
        let series_ = Series {
            id: SeriesId(0),
            source,
            provider: provider.into(),
            name: name.into(),
            display_name: "Help".into(),
            description: String::new(),
            unit: unit.into(),
            kind: SeriesKind::Gauge,
            tags: String::new(),
            meter_tags: String::new(),
            instrument_tags: String::new(),
        };
        let standing = Standing { latest: Some(latest), increments: 7.0, ..Standing::default() };
        let mut families = Families::default();
        series(&mut families, &Labels::default(), &series_, &standing);
        let text = families.text();
        assert_eq!(text.lines().last(), Some(expected), "{text}");
    }

    fn mean(mean: f64) -> ReadingValue {
        ReadingValue::Mean {
            mean,
            standard_deviation: 0.0,
            count: 1,
            min: mean,
            max: mean,
            interval_seconds: 1.0,
        }
    }

    fn increment() -> ReadingValue {
        ReadingValue::Increment { increment: 1.0, interval_seconds: 1.0, is_first: false }
    }

    #[test]
    fn event_counters_get_base_units_and_true_counters() {
        use Source::EventCounter as E;
        check(E, "System.Runtime", "cpu-usage", "%", mean(50.0), "system_runtime_cpu_usage_ratio 0.5");
        check(
            E,
            "System.Runtime",
            "working-set",
            "MB",
            mean(2.0),
            "system_runtime_working_set_bytes 2000000",
        );
        check(E, "System.Runtime", "alloc-rate", "B", increment(), "system_runtime_allocated_bytes_total 7");
        check(
            E,
            "System.Runtime",
            "time-in-jit",
            "ms",
            increment(),
            "system_runtime_time_in_jit_seconds_total 0.007",
        );
        check(
            E,
            "System.Runtime",
            "threadpool-thread-count",
            "",
            mean(3.0),
            "system_runtime_threadpool_threads 3",
        );
        check(E, "My-Source", "things-count", "count", mean(3.0), "my_source_things_count_current 3");
        check(E, "My-Source", "things-total", "", increment(), "my_source_things_total 7");
    }

    #[test]
    fn meters_get_the_names_of_the_opentelemetry_translation() {
        use Source::Meter as M;
        let counter = ReadingValue::Counter { delta: None, total: Some(12.0) };
        check(
            M,
            "System.Runtime",
            "dotnet.gc.collections",
            "{collection}",
            counter.clone(),
            "dotnet_gc_collections_total{otel_scope_name=\"System.Runtime\"} 12",
        );
        check(
            M,
            "System.Runtime",
            "dotnet.gc.heap.total_allocated",
            "By",
            counter.clone(),
            "dotnet_gc_heap_total_allocated_bytes_total{otel_scope_name=\"System.Runtime\"} 12",
        );
        check(
            M,
            "System.Runtime",
            "dotnet.gc.pause.time",
            "s",
            counter,
            "dotnet_gc_pause_time_seconds_total{otel_scope_name=\"System.Runtime\"} 12",
        );
        let level = ReadingValue::UpDownCounter { delta: None, total: Some(4.0) };
        check(
            M,
            "System.Runtime",
            "dotnet.process.memory.working_set",
            "By",
            level,
            "dotnet_process_memory_working_set_bytes{otel_scope_name=\"System.Runtime\"} 4",
        );
    }
}
