//! The report on counters and meters: its JSON, and its document.

use std::collections::HashMap;

use dotnet_analysis::report::document::{
    Cell, Chart, ChartKind, Document, Part, Section, Series as Line, Table, Unit,
};
use dotnet_analysis::report::{Answer, Facts};
use serde::Serialize;

use super::history::{CounterHistory, Track};
use super::series::{Series, SeriesKind, Source};

/// Charts of one page, and lines of one chart.
const MAX_CHARTS: usize = 60;
const MAX_LINES: usize = 8;

/// What counters and meters said.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CountersAnswer {
    /// Each series, and each quantile of a histogram, by provider and in the order of their first values.
    pub counters: Vec<CounterRow>,
    /// What else the target had to say, such as limits it reached.
    pub notices: Vec<String>,
    /// Values that were left out because there were too many.
    pub left_out: u64,
}

/// One series over time.
#[derive(Debug, Clone, Serialize)]
pub struct CounterRow {
    /// Name of the event source or meter.
    pub provider: String,
    /// Name of the counter or instrument.
    pub name: String,
    /// What the source calls it for people.
    pub display_name: String,
    /// `event_counter` or `meter`.
    pub source: &'static str,
    /// `mean`, `increment`, `counter`, `up_down_counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Unit as the source spells it.
    pub unit: String,
    /// Whether the values are per second.
    pub per_second: bool,
    /// Tags, key and value.
    pub tags: Vec<(String, String)>,
    /// Which quantile of a histogram, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// The last value.
    pub last: f64,
    /// The mean of the values.
    pub mean: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Nanoseconds since the start of the trace, and the value at that time.
    pub values: Vec<(i64, f64)>,
}

impl CountersAnswer {
    pub(super) fn new(history: &CounterHistory, _facts: &Facts) -> Self {
        let mut counters: Vec<CounterRow> =
            history.tracks().filter_map(|(series, track)| CounterRow::new(series, track)).collect();
        // Those of one name side by side, in the order of their first values.
        let mut names: HashMap<(String, String), usize> = HashMap::new();
        for counter in &counters {
            let next = names.len();
            names.entry((counter.provider.clone(), counter.name.clone())).or_insert(next);
        }
        let place = |row: &CounterRow| names.get(&(row.provider.clone(), row.name.clone())).copied();
        counters.sort_by_cached_key(|row| (row.provider.clone(), place(row)));
        Self {
            counters,
            notices: history.notices().iter().map(ToString::to_string).collect(),
            left_out: history.left_out(),
        }
    }
}

impl CounterRow {
    fn new(series: &Series, track: &Track) -> Option<Self> {
        let values = track.points.clone();
        let (_, last) = *values.last()?;
        let figures = || values.iter().map(|(_, value)| *value);
        Some(Self {
            provider: series.provider.clone(),
            name: series.name.clone(),
            display_name: series.display_name.clone(),
            source: match series.source {
                Source::EventCounter => "event_counter",
                Source::Meter => "meter",
            },
            kind: match series.kind {
                SeriesKind::Mean => "mean",
                SeriesKind::Increment => "increment",
                SeriesKind::Counter => "counter",
                SeriesKind::UpDownCounter => "up_down_counter",
                SeriesKind::Gauge => "gauge",
                SeriesKind::Histogram => "histogram",
            },
            unit: series.unit.clone(),
            per_second: track.is_rate,
            tags: series.tag_pairs().collect(),
            quantile: track.quantile,
            last,
            mean: figures().sum::<f64>() / values.len() as f64,
            min: figures().fold(f64::INFINITY, f64::min),
            max: figures().fold(f64::NEG_INFINITY, f64::max),
            values,
        })
    }

    /// What its row is called.
    fn label(&self) -> &str {
        if self.display_name.is_empty() { &self.name } else { &self.display_name }
    }

    /// What tells it from others of its name.
    fn series_label(&self) -> String {
        let mut parts: Vec<String> = self.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if let Some(quantile) = self.quantile {
            parts.push(format!("p{}", quantile * 100.0));
        }
        parts.join(", ")
    }

    /// How its values are shown: the unit of the chart, the factor to it, and what is left of the source's unit.
    fn scale(&self) -> (Unit, f64, &str) {
        match self.unit.as_str() {
            "B" | "By" | "bytes" => (Unit::Bytes, 1.0, ""),
            "KB" => (Unit::Bytes, 1e3, ""),
            // The runtime's megabyte is 10^6 bytes.
            "MB" => (Unit::Bytes, 1e6, ""),
            "s" => (Unit::Nanos, 1e9, ""),
            "ms" => (Unit::Nanos, 1e6, ""),
            "%" => (Unit::Percent, 1.0, ""),
            // Units that only count things stand in braces.
            unit => {
                let bare = unit.strip_prefix('{').and_then(|unit| unit.strip_suffix('}'));
                (Unit::Count, 1.0, bare.unwrap_or(unit))
            }
        }
    }

    fn cell(&self, value: f64) -> Cell {
        let (unit, factor, _) = self.scale();
        let scaled = value * factor;
        match unit {
            Unit::Bytes if scaled >= 0.0 => Cell::Bytes(scaled.round() as u64),
            Unit::Nanos => Cell::Nanos(scaled.round() as i64),
            Unit::Percent => Cell::Percent(scaled),
            _ => Cell::Number(scaled),
        }
    }

    fn row(&self) -> Vec<Cell> {
        let (_, _, unit) = self.scale();
        let unit = format!("{unit}{}", if self.per_second { "/s" } else { "" });
        vec![
            Cell::Text(self.label().to_owned()),
            self.cell(self.last),
            self.cell(self.mean),
            self.cell(self.min),
            self.cell(self.max),
            Cell::Text(unit),
            Cell::Text(self.series_label()),
        ]
    }

    fn line(&self) -> Line {
        let (_, factor, _) = self.scale();
        let label = self.series_label();
        Line {
            name: if label.is_empty() { self.name.clone() } else { label },
            labels: Vec::new(),
            values: self.values.iter().map(|(at, value)| (*at as f64 / 1e9, value * factor)).collect(),
        }
    }
}

impl Answer for CountersAnswer {
    fn document(&self) -> Document {
        let mut notes: Vec<String> = self.notices.clone();
        if self.left_out > 0 {
            notes.push(format!("{} values were left out because there are too many.", self.left_out));
        }
        let providers: Vec<&[CounterRow]> = self.counters.chunk_by(|a, b| a.provider == b.provider).collect();
        let mut charts = 0;
        let sections = providers.iter().map(|rows| section(rows, &mut charts)).collect();
        Document {
            title: "Counters and meters".to_owned(),
            summary: match (self.counters.len(), providers.as_slice()) {
                (0, _) => "No counter had a value.".to_owned(),
                (count, [one]) => {
                    let name = one.first().map_or("", |row| row.provider.as_str());
                    format!("{count} counters of {name}. Rates are per second.")
                }
                (count, several) => {
                    format!("{count} counters of {} sources. Rates are per second.", several.len())
                }
            },
            notes,
            sections,
        }
    }
}

/// The table of a provider, and its charts: one for each name.
fn section(rows: &[CounterRow], charts: &mut usize) -> Section {
    let mut columns = ["Counter", "Last", "Mean", "Min", "Max", "Unit", "Of"].map(str::to_owned).to_vec();
    let mut cells: Vec<Vec<Cell>> = rows.iter().map(CounterRow::row).collect();
    if rows.iter().all(|row| row.series_label().is_empty()) {
        columns.pop();
        for row in &mut cells {
            row.pop();
        }
    }
    let table = Table { columns, rows: cells, left_out: 0 };
    let mut parts = vec![Part::Table(table)];
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if names.contains(&row.name.as_str()) || *charts >= MAX_CHARTS {
            continue;
        }
        names.push(&row.name);
        let lines: Vec<&CounterRow> = rows.iter().filter(|other| other.name == row.name).collect();
        if lines.iter().all(|line| line.values.len() < 2) {
            continue;
        }
        *charts += 1;
        let (unit, _, left) = row.scale();
        let per = if row.per_second { "/s" } else { "" };
        let unit_text = match (unit, left, per) {
            (Unit::Count, "", "") => String::new(),
            (Unit::Count, left, per) => format!(" ({left}{per})"),
            (_, _, "") => String::new(),
            (_, _, per) => format!(" ({per})"),
        };
        parts.push(Part::Chart(Chart {
            title: format!("{}{unit_text}", row.display_name),
            x: "seconds".to_owned(),
            unit,
            kind: ChartKind::Lines,
            series: lines.iter().take(MAX_LINES).map(|line| line.line()).collect(),
        }));
    }
    Section { title: rows.first().map_or_else(String::new, |row| row.provider.clone()), parts }
}
