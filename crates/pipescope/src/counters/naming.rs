//! What a counter is called, and which figures of a reading make a row of a file.
//!
//! The names are those of dotnet-counters, so that its readers find what they know: `CPU Usage (%)`,
//! `Allocation Rate (B / 1 sec)`, and one row per quantile of a histogram.

use pipescope_engine::counters::{Reading, ReadingValue, Series, SeriesKind};

/// What the value of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowType {
    /// A level.
    Metric,
    /// A change during the interval.
    Rate,
}

impl RowType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            RowType::Metric => "Metric",
            RowType::Rate => "Rate",
        }
    }
}

/// One row of a file of counters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Display name with its unit.
    pub(crate) name: String,
    /// Tags of the value: those of the series, and the percentile of a histogram.
    pub(crate) tags: String,
    pub(crate) kind: RowType,
    pub(crate) value: f64,
}

/// The rows of a reading, as `counters collect` writes them: counters as their change per interval. None for a
/// reading that says nothing: the first of an observable counter, the last of a series.
pub(crate) fn rows(reading: &Reading<'_>, interval_seconds: u64) -> Vec<Row> {
    let series = reading.series;
    let row = |value, kind| Row {
        name: match kind {
            RowType::Metric => level_name(series),
            RowType::Rate => rate_name(series, interval_seconds),
        },
        tags: series.tags.clone(),
        kind,
        value,
    };
    match &reading.value {
        ReadingValue::Mean { mean, .. } => vec![row(*mean, RowType::Metric)],
        ReadingValue::Increment { increment, .. } => vec![row(*increment, RowType::Rate)],
        ReadingValue::Counter { delta, .. } => delta.iter().map(|delta| row(*delta, RowType::Rate)).collect(),
        // Runtimes before .NET 8 send no level, only how it changed.
        ReadingValue::UpDownCounter { delta, total } => match (total, delta) {
            (Some(total), _) => vec![row(*total, RowType::Metric)],
            (None, Some(delta)) => vec![row(*delta, RowType::Rate)],
            (None, None) => Vec::new(),
        },
        ReadingValue::Gauge(value) => vec![row(*value, RowType::Metric)],
        ReadingValue::Histogram { quantiles, .. } => quantiles
            .iter()
            .map(|(quantile, value)| Row {
                tags: with_percentile(&series.tags, *quantile),
                ..row(*value, RowType::Metric)
            })
            .collect(),
        ReadingValue::Ended => Vec::new(),
    }
}

fn level_name(series: &Series) -> String {
    match unit(series) {
        "" => series.display_name.clone(),
        unit => format!("{} ({unit})", series.display_name),
    }
}

fn rate_name(series: &Series, interval_seconds: u64) -> String {
    let unit = match series.unit.as_str() {
        "" => "Count",
        unit => unit,
    };
    format!("{} ({unit} / {interval_seconds} sec)", series.display_name)
}

/// The unit of a level; counters that have none count.
fn unit(series: &Series) -> &str {
    match (series.unit.as_str(), series.kind) {
        ("", SeriesKind::Counter) => "Count",
        (unit, _) => unit,
    }
}

/// Tags with the percentile of a quantile: 0.5 is `Percentile=50`.
fn with_percentile(tags: &str, quantile: f64) -> String {
    // Ten decimals and back rid 0.999 * 100 of its 99.90000000000001.
    let percentile = (quantile * 100.0 * 1e10).round() / 1e10;
    let comma = if tags.is_empty() { "" } else { "," };
    format!("{tags}{comma}Percentile={percentile}")
}

#[cfg(test)]
pub(crate) mod tests {
    use pipescope_engine::counters::{SeriesId, Source};

    use super::*;

    /// A series with nothing but what a test is about.
    pub(crate) fn series(name: &str, unit: &str, kind: SeriesKind, tags: &str) -> Series {
        Series {
            id: SeriesId(0),
            source: match kind {
                SeriesKind::Mean | SeriesKind::Increment => Source::EventCounter,
                _ => Source::Meter,
            },
            provider: "P".to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            description: String::new(),
            unit: unit.to_owned(),
            kind,
            tags: tags.to_owned(),
            meter_tags: String::new(),
            instrument_tags: String::new(),
        }
    }

    pub(crate) fn mean(mean: f64) -> ReadingValue {
        ReadingValue::Mean {
            mean,
            standard_deviation: 0.0,
            count: 1,
            min: mean,
            max: mean,
            interval_seconds: 1.0,
        }
    }

    fn check(series: &Series, value: ReadingValue, interval: u64, expected: &[(&str, &str, RowType, f64)]) {
        let reading = Reading { time_unix_nanos: 0, series, value };
        let rows = rows(&reading, interval);
        let rows: Vec<_> =
            rows.iter().map(|row| (row.name.as_str(), row.tags.as_str(), row.kind, row.value)).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn event_counters_are_named_as_the_stock_tool_names_them() {
        use RowType::{Metric, Rate};
        use SeriesKind::{Increment, Mean};
        check(&series("CPU Usage", "%", Mean, ""), mean(3.5), 1, &[("CPU Usage (%)", "", Metric, 3.5)]);
        check(&series("Timers", "", Mean, ""), mean(2.0), 1, &[("Timers", "", Metric, 2.0)]);
        let increment = ReadingValue::Increment { increment: 7.0, interval_seconds: 1.0, is_first: false };
        let allocations = series("Allocation Rate", "B", Increment, "");
        check(&allocations, increment.clone(), 1, &[("Allocation Rate (B / 1 sec)", "", Rate, 7.0)]);
        let count = series("Incrementing Counter One", "", Increment, "");
        check(&count, increment, 60, &[("Incrementing Counter One (Count / 60 sec)", "", Rate, 7.0)]);
    }

    #[test]
    fn instruments_are_named_by_their_kind() {
        use RowType::{Metric, Rate};
        use SeriesKind::{Counter, Gauge, Histogram, UpDownCounter};
        let sold = series("sold", "dollars", Counter, "a=b");
        let counter = |delta, total| ReadingValue::Counter { delta, total };
        check(&sold, counter(Some(2.0), Some(9.0)), 1, &[("sold (dollars / 1 sec)", "a=b", Rate, 2.0)]);
        check(&sold, counter(None, Some(9.0)), 1, &[]);
        let queue = series("queue", "", UpDownCounter, "");
        let updown = ReadingValue::UpDownCounter { delta: Some(1.0), total: Some(4.0) };
        check(&queue, updown, 1, &[("queue", "", Metric, 4.0)]);
        let old = ReadingValue::UpDownCounter { delta: Some(1.0), total: None };
        check(&queue, old, 1, &[("queue (Count / 1 sec)", "", Rate, 1.0)]);
        check(&series("t", "C", Gauge, ""), ReadingValue::Gauge(-4.0), 1, &[("t (C)", "", Metric, -4.0)]);
        let histogram = ReadingValue::Histogram {
            quantiles: vec![(0.5, 10.0), (0.95, 11.0), (0.999, 12.0)],
            count: Some(3),
            sum: Some(33.0),
        };
        check(
            &series("size", "feet", Histogram, "TestTag=5"),
            histogram,
            1,
            &[
                ("size (feet)", "TestTag=5,Percentile=50", Metric, 10.0),
                ("size (feet)", "TestTag=5,Percentile=95", Metric, 11.0),
                ("size (feet)", "TestTag=5,Percentile=99.9", Metric, 12.0),
            ],
        );
    }

    #[test]
    fn an_ended_series_has_no_row() {
        check(&series("x", "", SeriesKind::Gauge, ""), ReadingValue::Ended, 1, &[]);
    }
}
