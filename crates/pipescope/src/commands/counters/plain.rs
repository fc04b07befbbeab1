//! The monitor without a terminal: one line per value, as it comes.

use jiff::tz::TimeZone;
use pipescope_engine::counters::{Reading, ReadingValue};

use crate::counters::{Quantity, Style, local_clock};
use crate::text::printable;

/// The line of a reading: time, provider, counter with its tags, value with its unit. `None` for a reading that says
/// nothing.
pub(super) fn line(
    reading: &Reading<'_>,
    interval_seconds: u64,
    style: Style,
    zone: &TimeZone,
) -> Option<String> {
    let series = reading.series;
    let quantity = |value, per| {
        let quantity = Quantity::new(Some(value), &series.unit, per, style);
        format!("{} {}", quantity.number, quantity.unit).trim_end().to_owned()
    };
    let per = Some(interval_seconds);
    let value = match &reading.value {
        ReadingValue::Mean { mean, .. } => quantity(*mean, None),
        ReadingValue::Increment { increment, .. } => quantity(*increment, per),
        ReadingValue::Counter { delta, total } | ReadingValue::UpDownCounter { delta, total } => {
            match (total, delta) {
                (Some(total), _) => quantity(*total, None),
                (None, Some(delta)) => quantity(*delta, per),
                (None, None) => return None,
            }
        }
        ReadingValue::Gauge(value) => quantity(*value, None),
        ReadingValue::Histogram { quantiles, count, .. } => {
            let count = count.iter().map(|count| format!("count={count}"));
            let quantiles = quantiles
                .iter()
                .map(|(quantile, value)| format!("p{}={}", quantile * 100.0, quantity(*value, None)));
            count.chain(quantiles).collect::<Vec<_>>().join(" ")
        }
        ReadingValue::Ended => "(ended)".to_owned(),
    };
    let tags = [&series.meter_tags, &series.instrument_tags, &series.tags];
    let tags: Vec<&str> = tags.into_iter().map(String::as_str).filter(|tags| !tags.is_empty()).collect();
    let tags = if tags.is_empty() { String::new() } else { format!("[{}]", tags.join(",")) };
    let time = local_clock(reading.time_unix_nanos, zone);
    let text = format!("{time}  {}  {}{tags}  {value}", series.provider, series.display_name);
    Some(printable(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use pipescope_engine::counters::SeriesKind;

    use super::*;
    use crate::counters::naming_tests::{mean, series};

    #[test]
    fn a_line_has_time_name_value_and_unit() {
        let check = |name, unit, kind, tags, value, expected: Option<&str>| {
            let series = series(name, unit, kind, tags);
            let reading = Reading { time_unix_nanos: 3_723_000_000_000, series: &series, value };
            let line = line(&reading, 1, Style::AsSent, &TimeZone::UTC);
            assert_eq!(line.as_deref(), expected);
        };
        check("CPU", "%", SeriesKind::Mean, "", mean(2.5), Some("01:02:03  P  CPU  2.5 %"));
        let counter = |delta, total| ReadingValue::Counter { delta, total };
        check(
            "gc",
            "{collection}",
            SeriesKind::Counter,
            "gen=0",
            counter(Some(1.0), Some(7.0)),
            Some("01:02:03  P  gc[gen=0]  7 collection"),
        );
        check("gc", "", SeriesKind::Counter, "", counter(None, None), None);
        let quantiles = vec![(0.5, 1.0), (0.99, 2.0)];
        let histogram = ReadingValue::Histogram { quantiles, count: Some(4), sum: None };
        check(
            "h",
            "ms",
            SeriesKind::Histogram,
            "",
            histogram,
            Some("01:02:03  P  h  count=4 p50=1 ms p99=2 ms"),
        );
    }
}
