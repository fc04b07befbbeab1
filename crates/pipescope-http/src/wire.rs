//! The JSON of `/api/v1`: our own shapes, so that the engine's types can change without it.

use std::collections::BTreeMap;

use pipescope_engine::counters::{CounterSelection, SeriesKind, Source};
use pipescope_engine::monitor::{CountersSnapshot, Part, ProcessSummary, SampleBatch, Track, TrackId};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::processes::given;

/// One process of the list.
#[expect(clippy::struct_field_names, reason = "the names of dotnet-monitor's ProcessInfo")]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Process {
    uid: Uuid,
    pid: u32,
    name: String,
    label: String,
    command_line: Option<String>,
    operating_system: Option<String>,
    process_architecture: Option<String>,
    managed_entry_point_assembly_name: Option<String>,
    runtime_version: Option<String>,
    state: &'static str,
    reason: Option<String>,
}

impl From<&ProcessSummary> for Process {
    fn from(process: &ProcessSummary) -> Self {
        Self {
            uid: process.uid,
            pid: process.pid,
            name: process.name.clone(),
            label: process.label.clone(),
            command_line: given(&process.command_line),
            operating_system: given(&process.operating_system),
            process_architecture: given(&process.architecture),
            managed_entry_point_assembly_name: process.entry_assembly.clone(),
            runtime_version: process.runtime_version.clone(),
            state: process.state.name(),
            reason: process.state.reason().map(str::to_owned),
        }
    }
}

pub(crate) fn processes(list: &[ProcessSummary]) -> Vec<Process> {
    list.iter().map(Process::from).collect()
}

/// One line on a chart: a track of the engine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Series<'a> {
    id: u32,
    source: &'static str,
    provider: &'a str,
    name: &'a str,
    display_name: &'a str,
    description: &'a str,
    unit: &'a str,
    kind: &'static str,
    tags: Vec<(String, String)>,
    part: &'static str,
    quantile: Option<f64>,
    latest: Option<f64>,
}

impl<'a> Series<'a> {
    fn new(track: &'a Track, latest: Option<f64>) -> Self {
        let series = &track.series;
        let (part, quantile) = match track.part {
            Part::Value => ("value", None),
            Part::Rate => ("rate", None),
            Part::Quantile(quantile) => ("quantile", Some(quantile)),
        };
        Self {
            id: track.id.0,
            source: match series.source {
                Source::EventCounter => "eventCounter",
                Source::Meter => "meter",
            },
            provider: &series.provider,
            name: &series.name,
            display_name: if series.display_name.is_empty() { &series.name } else { &series.display_name },
            description: &series.description,
            unit: &series.unit,
            kind: match series.kind {
                SeriesKind::Mean => "mean",
                SeriesKind::Increment => "increment",
                SeriesKind::Counter => "counter",
                SeriesKind::UpDownCounter => "upDownCounter",
                SeriesKind::Gauge => "gauge",
                SeriesKind::Histogram => "histogram",
            },
            tags: series.tag_pairs().collect(),
            part,
            quantile,
            latest,
        }
    }
}

/// Which tracks a client asked for; `None` is all.
pub(crate) fn wanted(selection: Option<&CounterSelection>, track: &Track) -> bool {
    selection.is_none_or(|selection| selection.wants(&track.series.provider, &track.series.name))
}

/// What one process's counters said lately.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counters<'a> {
    process: Process,
    interval_seconds: f64,
    series: Vec<Series<'a>>,
    times: &'a [i64],
    values: BTreeMap<u32, Column<'a>>,
}

impl<'a> Counters<'a> {
    pub(crate) fn new(snapshot: &'a CountersSnapshot, selection: Option<&CounterSelection>) -> Self {
        let mut series = Vec::new();
        let mut values = BTreeMap::new();
        for track in snapshot.tracks.iter().filter(|track| wanted(selection, track)) {
            let column = snapshot.history.columns.get(track.id.0 as usize).map_or(&[][..], Vec::as_slice);
            let latest = column.iter().rev().copied().find(|value| value.is_finite());
            series.push(Series::new(track, latest));
            values
                .insert(track.id.0, Column { values: column, length: snapshot.history.times_unix_ms.len() });
        }
        Self {
            process: Process::from(&snapshot.process),
            interval_seconds: snapshot.interval_seconds,
            series,
            times: &snapshot.history.times_unix_ms,
            values,
        }
    }
}

/// Values with `null` where there is none, as long as the times.
#[derive(Debug)]
struct Column<'a> {
    values: &'a [f64],
    length: usize,
}

impl Serialize for Column<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.length))?;
        for row in 0..self.length {
            let value = self.values.get(row).copied().filter(|value| value.is_finite());
            sequence.serialize_element(&value.map(Number))?;
        }
        sequence.end()
    }
}

/// A finite number, written without a fraction where it has none: most counters count.
#[derive(Debug, Clone, Copy)]
struct Number(f64);

/// Up to here every whole number has a double of its own.
const WHOLE: f64 = 9_007_199_254_740_992.0;

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() <= WHOLE {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// New series of one process.
#[derive(Debug, Serialize)]
pub(crate) struct SeriesUpdate<'a> {
    uid: Uuid,
    series: Vec<Series<'a>>,
}

impl<'a> SeriesUpdate<'a> {
    pub(crate) fn new(uid: Uuid, tracks: impl Iterator<Item = &'a Track>) -> Self {
        Self { uid, series: tracks.map(|track| Series::new(track, None)).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }
}

/// The values of one interval of one process.
#[derive(Debug, Serialize)]
pub(crate) struct Sample<'a> {
    uid: Uuid,
    time: i64,
    values: Values<'a>,
}

impl<'a> Sample<'a> {
    /// `wanted` says which tracks; `None` is all.
    pub(crate) fn new(batch: &'a SampleBatch, wanted: Option<&'a [bool]>) -> Self {
        Self { uid: batch.uid, time: batch.time_unix_ms, values: Values { values: &batch.values, wanted } }
    }
}

#[derive(Debug)]
struct Values<'a> {
    values: &'a [(TrackId, f64)],
    wanted: Option<&'a [bool]>,
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (id, value) in self.values {
            let wanted = self.wanted.is_none_or(|wanted| wanted.get(id.0 as usize).copied().unwrap_or(false));
            if wanted && value.is_finite() {
                map.serialize_entry(&id.0, &Number(*value))?;
            }
        }
        map.end()
    }
}

/// The controller's clock.
#[derive(Debug, Serialize)]
pub(crate) struct Clock {
    pub(crate) time: i64,
}

/// How many updates a client missed.
#[derive(Debug, Serialize)]
pub(crate) struct Skipped {
    pub(crate) updates: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_exactly_and_no_longer_than_they_need_to_be() {
        let values = [0.0, -0.0, 105.0, -7.0, 0.1, 1e15, 1e300, WHOLE];
        let column = Column { values: &values, length: values.len() + 1 };
        let text = serde_json::to_string(&column).unwrap();
        assert_eq!(text, "[0,0,105,-7,0.1,1000000000000000,1e+300,9007199254740992,null]");
    }

    #[test]
    fn a_sample_has_the_wanted_values_that_are_numbers() {
        let values = vec![(TrackId(0), 1.0), (TrackId(1), f64::NAN), (TrackId(2), 2.5), (TrackId(9), 3.0)];
        let batch = SampleBatch { uid: Uuid::nil(), time_unix_ms: 5, values };
        let all = serde_json::to_string(&Sample::new(&batch, None)).unwrap();
        let uid = Uuid::nil();
        assert_eq!(all, format!(r#"{{"uid":"{uid}","time":5,"values":{{"0":1,"2":2.5,"9":3}}}}"#));
        let some = serde_json::to_string(&Sample::new(&batch, Some(&[false, true, true]))).unwrap();
        assert_eq!(some, format!(r#"{{"uid":"{uid}","time":5,"values":{{"2":2.5}}}}"#));
    }
}
