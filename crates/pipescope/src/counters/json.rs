//! Counters as JSON, in the shape of `dotnet-counters collect --format json`.
//!
//! Differences, all towards valid JSON: text is escaped in full, a figure that is no number is `null`, and a file
//! without events has an empty list.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use pipescope_engine::counters::Reading;
use serde::Serialize as _;

use super::naming::rows;
use super::number::invariant;

/// Turns readings into members of the list `Events`.
#[derive(Debug)]
pub(crate) struct JsonRows {
    zone: TimeZone,
    interval_seconds: u64,
    is_first: bool,
}

impl JsonRows {
    /// What closes the document.
    pub(crate) const END: &'static str = "\n]}\n";

    pub(crate) fn new(zone: TimeZone, interval_seconds: u64) -> Self {
        Self { zone, interval_seconds, is_first: true }
    }

    /// What opens the document.
    pub(crate) fn header(&self, process_name: &str, start: Timestamp, out: &mut String) {
        out.push_str("{\"TargetProcess\": ");
        push_string(process_name, out);
        out.push_str(", \"StartTime\": ");
        push_string(&round_trip_time(&start.to_zoned(self.zone.clone())), out);
        out.push_str(", \"Events\": [");
    }

    /// The events of one reading. Their time is when it was received.
    pub(crate) fn reading(&mut self, reading: &Reading<'_>, received: Timestamp, out: &mut String) {
        let series = reading.series;
        let time = round_trip_time(&received.to_zoned(self.zone.clone()));
        for row in rows(reading, self.interval_seconds) {
            out.push_str(if self.is_first { "\n{" } else { ",\n{" });
            self.is_first = false;
            for (key, value) in [
                ("timestamp", time.as_str()),
                ("provider", &series.provider),
                ("name", &row.name),
                ("tags", &row.tags),
                ("counterType", row.kind.as_str()),
                ("meterTags", &series.meter_tags),
                ("instrumentTags", &series.instrument_tags),
            ] {
                // Writing to a String cannot fail.
                let _ = write!(out, "\"{key}\": ");
                push_string(value, out);
                out.push_str(", ");
            }
            let value = if row.value.is_finite() { invariant(row.value) } else { "null".to_owned() };
            let _ = write!(out, "\"value\": {value}}}");
        }
    }
}

/// .NET's round-trip format: seven decimals and the offset.
fn round_trip_time(time: &Zoned) -> String {
    let ticks = time.subsec_nanosecond() / 100;
    format!("{}.{ticks:07}{}", time.strftime("%Y-%m-%dT%H:%M:%S"), time.strftime("%:z"))
}

fn push_string(text: &str, out: &mut String) {
    let mut bytes = Vec::with_capacity(text.len() + 2);
    // Serializing a string to memory cannot fail, and its output is UTF-8.
    let _ = text.serialize(&mut serde_json::Serializer::new(&mut bytes));
    out.push_str(&String::from_utf8_lossy(&bytes));
}

#[cfg(test)]
mod tests {
    use pipescope_engine::counters::{ReadingValue, SeriesKind};

    use super::super::naming::tests::{mean, series};
    use super::*;

    fn document(readings: &[(&str, ReadingValue)]) -> String {
        let time: Timestamp = "2026-11-20T13:14:15.123456789Z".parse().expect("a time");
        let mut rows = JsonRows::new(TimeZone::fixed(jiff::tz::offset(-2)), 1);
        let mut out = String::new();
        rows.header("my \"app\"", time, &mut out);
        for (name, value) in readings {
            let series = series(name, "MB", SeriesKind::Mean, "a=b");
            rows.reading(
                &Reading { time_unix_nanos: 0, series: &series, value: value.clone() },
                time,
                &mut out,
            );
        }
        out + JsonRows::END
    }

    #[test]
    fn members_are_those_of_the_stock_tool_in_its_order() {
        assert_eq!(
            document(&[("Working Set", mean(43.5)), ("b", mean(1e16))]),
            concat!(
                r#"{"TargetProcess": "my \"app\"", "StartTime": "2026-11-20T11:14:15.1234567-02:00", "Events": ["#,
                "\n",
                r#"{"timestamp": "2026-11-20T11:14:15.1234567-02:00", "provider": "P", "name": "Working Set (MB)", "#,
                r#""tags": "a=b", "counterType": "Metric", "meterTags": "", "instrumentTags": "", "value": 43.5},"#,
                "\n",
                r#"{"timestamp": "2026-11-20T11:14:15.1234567-02:00", "provider": "P", "name": "b (MB)", "#,
                r#""tags": "a=b", "counterType": "Metric", "meterTags": "", "instrumentTags": "", "value": 1E+16}"#,
                "\n]}\n"
            )
        );
    }

    #[test]
    fn is_valid_json_whatever_comes() {
        for readings in [
            &[][..],
            &[("x", mean(f64::NAN)), ("y", mean(f64::INFINITY))],
            &[("quote \" backslash \\ control \u{1}\u{7f} newline \n", mean(-0.0))],
        ] {
            let text = document(readings);
            let value: serde_json::Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
            assert_eq!(value["Events"].as_array().map(Vec::len), Some(readings.len()));
        }
    }
}
