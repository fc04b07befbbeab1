//! Counters as CSV, in the shape of `dotnet-counters collect --format csv`.
//!
//! One difference: the stock tool quotes nothing, so a comma in a name shifts the columns. Here a field that needs
//! quotes gets them (RFC 4180); all others are the same bytes.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipescope_engine::counters::Reading;

use super::naming::rows;
use super::number::invariant;

const HEADER: &str = "Timestamp,Provider,Counter Name,Counter Type,Mean/Increment\n";

/// Turns readings into lines.
#[derive(Debug)]
pub(crate) struct CsvRows {
    zone: TimeZone,
    interval_seconds: u64,
}

impl CsvRows {
    pub(crate) fn new(zone: TimeZone, interval_seconds: u64) -> Self {
        Self { zone, interval_seconds }
    }

    /// The first line.
    pub(crate) fn header(out: &mut String) {
        out.push_str(HEADER);
    }

    /// The lines of one reading. Their time is the event's own.
    pub(crate) fn reading(&self, reading: &Reading<'_>, out: &mut String) {
        let series = reading.series;
        let time = local_time(reading.time_unix_nanos, &self.zone);
        for row in rows(reading, self.interval_seconds) {
            let tags = [series.meter_tags.as_str(), &series.instrument_tags, &row.tags];
            let tags = tags.into_iter().filter(|tags| !tags.is_empty()).collect::<Vec<_>>().join(",");
            let name = match tags.as_str() {
                "" => row.name,
                tags => format!("{}[{}]", row.name, tags.replace(',', ";")),
            };
            for field in [&time, &series.provider, &name, row.kind.as_str()] {
                out.push_str(&quoted(field));
                out.push(',');
            }
            out.push_str(&invariant(row.value));
            out.push('\n');
        }
    }
}

/// `MM/dd/yyyy HH:mm:ss`, how .NET's invariant culture writes a time.
fn local_time(unix_nanos: i64, zone: &TimeZone) -> String {
    // An i64 of nanoseconds is always within jiff's range.
    let time = Timestamp::from_nanosecond(i128::from(unix_nanos)).unwrap_or_default();
    time.to_zoned(zone.clone()).strftime("%m/%d/%Y %H:%M:%S").to_string()
}

/// The time of day, `HH:mm:ss`.
pub(crate) fn local_clock(unix_nanos: i64, zone: &TimeZone) -> String {
    let time = Timestamp::from_nanosecond(i128::from(unix_nanos)).unwrap_or_default();
    time.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}

#[cfg(test)]
mod tests {
    use pipescope_engine::counters::{ReadingValue, Series, SeriesKind};

    use super::super::naming::tests::{mean, series};
    use super::*;

    /// 2026-11-20 13:14:15.5 UTC.
    const TIME: i64 = 1_795_180_455_500_000_000;

    fn check(series: &Series, value: ReadingValue, expected: &str) {
        let mut out = String::new();
        let rows = CsvRows::new(TimeZone::fixed(jiff::tz::offset(1)), 1);
        rows.reading(&Reading { time_unix_nanos: TIME, series, value }, &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn rows_are_those_of_the_stock_tool() {
        check(
            &series("CPU Usage", "%", SeriesKind::Mean, ""),
            mean(0.25),
            "11/20/2026 14:14:15,P,CPU Usage (%),Metric,0.25\n",
        );
        let mut tagged = series("requests", "{request}", SeriesKind::Counter, "code=200,route=/a");
        tagged.meter_tags = "m=1".to_owned();
        tagged.instrument_tags = "i=2".to_owned();
        check(
            &tagged,
            ReadingValue::Counter { delta: Some(3.0), total: Some(10.0) },
            "11/20/2026 14:14:15,P,requests ({request} / 1 sec)[m=1;i=2;code=200;route=/a],Rate,3\n",
        );
    }

    #[test]
    fn a_field_that_would_shift_the_columns_is_quoted() {
        check(
            &series("a, \"b\"", "", SeriesKind::Mean, ""),
            mean(1.0),
            "11/20/2026 14:14:15,P,\"a, \"\"b\"\"\",Metric,1\n",
        );
    }
}
