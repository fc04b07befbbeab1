//! What a counter is, and what it said at one moment.

use std::collections::HashMap;

/// A series within one process: small, dense, stable for as long as the process is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub u32);

/// Which of the two protocols a series came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// An `EventCounters` event of the provider itself.
    EventCounter,
    /// An instrument of a `System.Diagnostics.Metrics` meter.
    Meter,
}

/// What the values of a series mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeriesKind {
    /// EventCounter or PollingCounter: a value (or the mean of some) per interval.
    Mean,
    /// IncrementingEventCounter or IncrementingPollingCounter: the change during the interval.
    Increment,
    /// A meter's Counter or ObservableCounter: monotonic.
    Counter,
    /// A meter's UpDownCounter or ObservableUpDownCounter: a level made of increments.
    UpDownCounter,
    /// A meter's Gauge or ObservableGauge.
    Gauge,
    /// A meter's Histogram: quantiles of the interval, with count and sum where the runtime sends them.
    Histogram,
}

/// One counter, or one tag set of one instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Its number within the process.
    pub id: SeriesId,
    /// Which protocol it came by.
    pub source: Source,
    /// Name of the event source or of the meter.
    pub provider: String,
    /// Name of the counter or instrument, such as `cpu-usage` or `dotnet.gc.collections`.
    pub name: String,
    /// What the source calls it for people; the name where it gave none.
    pub display_name: String,
    /// What the source says about it; empty where it gave none.
    pub description: String,
    /// Unit as the source spells it (`%`, `MB`, `By`, `{request}`); empty where it gave none.
    pub unit: String,
    /// What its values mean.
    pub kind: SeriesKind,
    /// Tags of this series as sent, `k=v,k2=v2` (meters) or `k:v,k2:v2` (EventCounters' metadata).
    pub tags: String,
    /// Tags of the meter as sent.
    pub meter_tags: String,
    /// Tags of the instrument as sent.
    pub instrument_tags: String,
}

impl Series {
    /// The pairs of [`tags`](Self::tags), [`instrument_tags`](Self::instrument_tags) and
    /// [`meter_tags`](Self::meter_tags), the most specific first.
    ///
    /// Neither protocol escapes anything, so a comma inside a value cannot be told from a separator; a part without
    /// a separator is taken as the rest of the value before it.
    pub fn tag_pairs(&self) -> impl Iterator<Item = (String, String)> {
        let separator = match self.source {
            Source::EventCounter => ':',
            Source::Meter => '=',
        };
        [&self.tags, &self.instrument_tags, &self.meter_tags]
            .into_iter()
            .flat_map(move |text| split_tags(text, separator))
    }
}

fn split_tags(text: &str, separator: char) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        match (part.split_once(separator), pairs.last_mut()) {
            (Some((key, value)), _) => pairs.push((key.to_owned(), value.to_owned())),
            (None, Some((_, value))) => {
                value.push(',');
                value.push_str(part);
            }
            (None, None) => pairs.push((part.to_owned(), String::new())),
        }
    }
    pairs
}

/// What a series said at one moment.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// When the runtime wrote it, nanoseconds since the Unix epoch (accurate to a millisecond in absolute terms).
    pub time_unix_nanos: i64,
    /// Which series.
    pub series: &'a Series,
    /// The figures.
    pub value: ReadingValue,
}

/// The figures of a reading, by what the series is.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadingValue {
    /// Statistics of the interval; all equal for a polling counter.
    Mean {
        /// Mean of the interval's values.
        mean: f64,
        /// Standard deviation, 0 for a polling counter.
        standard_deviation: f64,
        /// How many values; 1 for a polling counter.
        count: i32,
        /// Smallest; positive infinity when there were none.
        min: f64,
        /// Largest; negative infinity when there were none.
        max: f64,
        /// Measured length of the interval in seconds.
        interval_seconds: f32,
    },
    /// Change during the interval.
    Increment {
        /// The change, not per second.
        increment: f64,
        /// Measured length of the interval in seconds; may be 0 in a first sample.
        interval_seconds: f32,
        /// True for the first value of a session. Its span is uncertain: a runtime whose counters were never listened
        /// to before may count from the start of the process, whatever the interval says (seen on .NET 9 and 10).
        is_first: bool,
    },
    /// A monotonic counter.
    Counter {
        /// Change during the interval; `None` in the first sample of an observable counter.
        delta: Option<f64>,
        /// Running total; `None` on runtimes that do not send it (before .NET 8).
        total: Option<f64>,
    },
    /// A level made of increments.
    UpDownCounter {
        /// Change during the interval.
        delta: Option<f64>,
        /// The level; `None` on runtimes that do not send it (before .NET 8).
        total: Option<f64>,
    },
    /// A level as it was last set or observed.
    Gauge(f64),
    /// Quantiles of the interval's values.
    Histogram {
        /// Pairs of quantile (0..=1) and value; empty when nothing was recorded.
        quantiles: Vec<(f64, f64)>,
        /// How many values, `None` on runtimes that do not send it.
        count: Option<i64>,
        /// Their sum, `None` on runtimes that do not send it.
        sum: Option<f64>,
    },
    /// The series ended: its instrument is gone, or its callback failed.
    Ended,
}

/// The series seen so far, found by what they are called.
#[derive(Debug, Default)]
pub(super) struct SeriesTable {
    series: Vec<Series>,
    by_key: HashMap<String, SeriesId>,
    key: String,
}

impl SeriesTable {
    pub(super) fn get(&self, id: SeriesId) -> Option<&Series> {
        self.series.get(id.0 as usize)
    }

    pub(super) fn all(&self) -> &[Series] {
        &self.series
    }

    /// The series of that name, or a new one made by `describe` when there is none and `limit` allows one more.
    pub(super) fn find_or_add(
        &mut self,
        source: Source,
        provider: &str,
        name: &dyn std::fmt::Display,
        tags: &dyn std::fmt::Display,
        limit: usize,
        describe: impl FnOnce(SeriesId) -> Series,
    ) -> Option<SeriesId> {
        use std::fmt::Write as _;
        self.key.clear();
        let kind = match source {
            Source::EventCounter => 'e',
            Source::Meter => 'm',
        };
        // Writing into a String cannot fail.
        let _ = write!(self.key, "{kind}\0{provider}\0{name}\0{tags}");
        if let Some(id) = self.by_key.get(self.key.as_str()) {
            return Some(*id);
        }
        if self.series.len() >= limit {
            return None;
        }
        let id = SeriesId(u32::try_from(self.series.len()).ok()?);
        self.by_key.insert(self.key.clone(), id);
        self.series.push(describe(id));
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_without_a_separator_belong_to_the_value_before_them() {
        let pairs = split_tags("route=/a,b,method=GET", '=');
        assert_eq!(pairs, [("route".into(), "/a,b".into()), ("method".into(), "GET".into())]);
        assert_eq!(split_tags("", '='), []);
        assert_eq!(split_tags("flag", '='), [("flag".into(), String::new())]);
    }
}
