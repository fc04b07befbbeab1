//! What the monitor shows, without how: counters by provider, their tag sets, their values and their last minute.
//!
//! Nothing here knows of terminals; the screen reads [`Table::rows`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pipescope_engine::counters::{Reading, ReadingValue, Series, SeriesKind, Source};

use super::history::{Baseline, History};
use super::quantity::{Quantity, Style};

/// The state of the monitor's table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    interval: Duration,
    style: Style,
    cells: BTreeMap<CellKey, Cell>,
    /// Providers that a meter answers for: as in the stock tool, their EventCounters step back.
    meters: BTreeSet<String>,
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// 0 for a provider, 1 for a counter, 2 and 3 for its tag sets and figures.
    pub(crate) depth: u16,
    pub(crate) label: Cow<'a, str>,
    /// `None` for a heading.
    pub(crate) cell: Option<CellView<'a>>,
}

/// What stands beside a label.
#[derive(Debug)]
pub(crate) struct CellView<'a> {
    pub(crate) value: Quantity,
    /// Change since the value before, with its unit where that is another one than the value's.
    pub(crate) delta: Option<String>,
    cell: &'a Cell,
}

impl CellView<'_> {
    /// The last minute in at most `width` characters.
    pub(crate) fn sparkline(&self, width: usize) -> String {
        self.cell.history.sparkline(width, self.cell.baseline)
    }
}

/// Where a cell stands. The order of the members is the order of the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct CellKey {
    provider: String,
    /// The name in lower case, so that the order is that of a dictionary.
    sort_name: String,
    name: String,
    tags: String,
    figure: Figure,
}

/// Which of a series' figures a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    /// The only one.
    Value,
    /// How many values a histogram took in the interval.
    Count,
    /// Their mean.
    Mean,
    /// A quantile in parts of 100 000, so that it has an order.
    Quantile(u32),
}

#[derive(Debug, Clone)]
struct Cell {
    unit: String,
    is_rate: bool,
    baseline: Baseline,
    value: Option<f64>,
    delta: Option<f64>,
    history: History,
}

impl Table {
    /// An empty table of counters that report once per `interval`.
    pub(crate) fn new(interval: Duration, style: Style) -> Self {
        Self { interval, style, cells: BTreeMap::new(), meters: BTreeSet::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Takes in what a counter said.
    pub(crate) fn apply(&mut self, reading: &Reading<'_>) {
        let series = reading.series;
        match series.source {
            Source::EventCounter if self.meters.contains(&series.provider) => return,
            Source::Meter if !self.meters.contains(&series.provider) => {
                self.cells.retain(|key, _| key.provider != series.provider);
                self.meters.insert(series.provider.clone());
            }
            Source::EventCounter | Source::Meter => {}
        }
        match &reading.value {
            ReadingValue::Mean { mean, .. } => self.set(series, Figure::Value, Some(*mean), None, false),
            ReadingValue::Increment { increment, .. } => {
                self.set(series, Figure::Value, Some(*increment), None, true);
            }
            ReadingValue::Counter { delta, total } | ReadingValue::UpDownCounter { delta, total } => {
                match total {
                    Some(total) => self.set(series, Figure::Value, Some(*total), *delta, false),
                    None => self.set(series, Figure::Value, *delta, None, true),
                }
            }
            ReadingValue::Gauge(value) => self.set(series, Figure::Value, Some(*value), None, false),
            ReadingValue::Histogram { quantiles, count, sum } => {
                self.histogram(series, quantiles, *count, *sum);
            }
            ReadingValue::Ended => {
                let ended = CellKey::new(series, Figure::Value);
                self.cells.retain(|key, _| !key.is_same_series(&ended));
            }
        }
    }

    fn histogram(&mut self, series: &Series, quantiles: &[(f64, f64)], count: Option<i64>, sum: Option<f64>) {
        for (quantile, value) in quantiles {
            let figure = Figure::Quantile((quantile * 1e5).round() as u32);
            self.set(series, figure, Some(*value), None, false);
        }
        if quantiles.is_empty() {
            // Nothing was recorded in this interval: the quantiles known from before have no value now.
            let lowest = CellKey::new(series, Figure::Quantile(0));
            let known = self.cells.range(lowest.clone()..).map(|(key, _)| key);
            let figures: Vec<Figure> =
                known.take_while(|key| key.is_same_series(&lowest)).map(|key| key.figure).collect();
            for figure in figures {
                self.set(series, figure, None, None, false);
            }
        }
        if let Some(count) = count {
            self.set(series, Figure::Count, Some(count as f64), None, true);
            let mean = sum.filter(|_| count > 0).map(|sum| sum / count as f64);
            self.set(series, Figure::Mean, mean, None, false);
        }
    }

    fn set(
        &mut self,
        series: &Series,
        figure: Figure,
        value: Option<f64>,
        delta: Option<f64>,
        is_rate: bool,
    ) {
        let interval = self.interval;
        let cell = self.cells.entry(CellKey::new(series, figure)).or_insert_with(|| Cell {
            unit: if figure == Figure::Count { String::new() } else { series.unit.clone() },
            is_rate,
            baseline: match series.kind {
                SeriesKind::Counter | SeriesKind::Increment => Baseline::Zero,
                _ if is_rate => Baseline::Zero,
                _ => Baseline::Floating,
            },
            value: None,
            delta: None,
            history: History::new(interval),
        });
        cell.delta = delta.or_else(|| Some(value? - cell.value?));
        cell.value = value;
        // The curve of a running total only ever rises; what it gained says more.
        let is_total = series.kind == SeriesKind::Counter && !is_rate;
        let point = if is_total { cell.delta } else { value };
        cell.history.push(point.unwrap_or(f64::NAN));
    }

    /// The lines of the table; with a filter, only those of counters that contain it somewhere, in any case.
    pub(crate) fn rows(&self, filter: &str) -> Vec<Row<'_>> {
        let filter = filter.to_lowercase();
        let mut rows = Vec::new();
        let mut previous: Option<&CellKey> = None;
        let mut cells = self.cells.iter().filter(|(key, _)| key.matches(&filter)).peekable();
        while let Some((key, cell)) = cells.next() {
            let heading = |depth, label| Row { depth, label, cell: None };
            if previous.is_none_or(|known| known.provider != key.provider) {
                rows.push(heading(0, key.provider.as_str().into()));
            }
            let starts_counter = previous.is_none_or(|known| !known.is_same_counter(key));
            let starts_series = previous.is_none_or(|known| !known.is_same_series(key));
            previous = Some(key);
            let cell = Some(self.view(cell));
            let is_alone = starts_counter && cells.peek().is_none_or(|(next, _)| !next.is_same_counter(key));
            if is_alone && key.tags.is_empty() && key.figure == Figure::Value {
                rows.push(Row { depth: 1, label: key.name.as_str().into(), cell });
                continue;
            }
            if starts_counter {
                rows.push(heading(1, key.name.as_str().into()));
            }
            if key.figure == Figure::Value {
                let label = if key.tags.is_empty() { "(no tags)" } else { &key.tags };
                rows.push(Row { depth: 2, label: label.into(), cell });
                continue;
            }
            if starts_series && !key.tags.is_empty() {
                rows.push(heading(2, key.tags.as_str().into()));
            }
            let depth = if key.tags.is_empty() { 2 } else { 3 };
            rows.push(Row { depth, label: key.figure.label().into(), cell });
        }
        rows
    }

    fn view<'a>(&self, cell: &'a Cell) -> CellView<'a> {
        let per = cell.is_rate.then_some(self.interval.as_secs());
        let value = Quantity::new(cell.value, &cell.unit, per, self.style);
        let delta = cell.delta.map(|delta| {
            let delta = Quantity::new(Some(delta), &cell.unit, per, self.style);
            if delta.unit == value.unit { delta.number } else { format!("{} {}", delta.number, delta.unit) }
        });
        CellView { value, delta, cell }
    }
}

impl CellKey {
    fn new(series: &Series, figure: Figure) -> Self {
        let tags = [&series.meter_tags, &series.instrument_tags, &series.tags];
        let tags: Vec<&str> = tags.into_iter().map(String::as_str).filter(|tags| !tags.is_empty()).collect();
        Self {
            provider: series.provider.clone(),
            sort_name: series.display_name.to_lowercase(),
            name: series.display_name.clone(),
            tags: tags.join(","),
            figure,
        }
    }

    fn is_same_counter(&self, other: &Self) -> bool {
        self.provider == other.provider && self.name == other.name
    }

    fn is_same_series(&self, other: &Self) -> bool {
        self.is_same_counter(other) && self.tags == other.tags
    }

    fn matches(&self, filter: &str) -> bool {
        filter.is_empty()
            || self.sort_name.contains(filter)
            || self.provider.to_lowercase().contains(filter)
            || self.tags.to_lowercase().contains(filter)
    }
}

impl Figure {
    fn label(self) -> String {
        match self {
            Figure::Value => "value".to_owned(),
            Figure::Count => "count".to_owned(),
            Figure::Mean => "mean".to_owned(),
            Figure::Quantile(parts) => format!("p{}", f64::from(parts) / 1000.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::naming::tests::{mean, series};
    use super::*;

    fn table(readings: &[(Series, ReadingValue)]) -> Table {
        let mut table = Table::new(Duration::from_secs(1), Style::AsSent);
        for (series, value) in readings {
            table.apply(&Reading { time_unix_nanos: 0, series, value: value.clone() });
        }
        table
    }

    fn text(table: &Table, filter: &str) -> Vec<String> {
        let line = |row: Row<'_>| {
            let indent = " ".repeat(usize::from(row.depth));
            let cell =
                row.cell.map_or(String::new(), |cell| format!(": {} {}", cell.value.number, cell.value.unit));
            format!("{indent}{}{}", row.label, cell.trim_end())
        };
        table.rows(filter).into_iter().map(line).collect()
    }

    fn counter(delta: f64, total: f64) -> ReadingValue {
        ReadingValue::Counter { delta: Some(delta), total: Some(total) }
    }

    #[test]
    fn counters_are_grouped_and_sorted() {
        let mut other = series("zeta", "", SeriesKind::Mean, "");
        other.provider = "A".to_owned();
        let table = table(&[
            (series("beta", "%", SeriesKind::Mean, ""), mean(2.0)),
            (
                series("Alpha", "B", SeriesKind::Increment, ""),
                ReadingValue::Increment { increment: 8.0, interval_seconds: 1.0, is_first: false },
            ),
            (other, mean(1.0)),
        ]);
        assert_eq!(text(&table, ""), ["A", " zeta: 1", "P", " Alpha: 8 B/s", " beta: 2 %"]);
    }

    #[test]
    fn tag_sets_are_rows_under_their_counter() {
        let table = table(&[
            (series("gc", "{collection}", SeriesKind::Counter, "gen=1"), counter(1.0, 5.0)),
            (series("gc", "{collection}", SeriesKind::Counter, "gen=0"), counter(2.0, 50.0)),
        ]);
        assert_eq!(text(&table, ""), ["P", " gc", "  gen=0: 50 collection", "  gen=1: 5 collection"]);
    }

    #[test]
    fn a_histogram_has_a_row_per_figure() {
        let values = |quantiles: &[(f64, f64)], count, sum| ReadingValue::Histogram {
            quantiles: quantiles.to_vec(),
            count: Some(count),
            sum: Some(sum),
        };
        let size = series("size", "m", SeriesKind::Histogram, "a=b");
        let mut table = table(&[(size.clone(), values(&[(0.5, 3.0), (0.99, 9.0)], 4, 14.0))]);
        assert_eq!(
            text(&table, ""),
            ["P", " size", "  a=b", "   count: 4 /s", "   mean: 3.5 m", "   p50: 3 m", "   p99: 9 m"]
        );
        table.apply(&Reading { time_unix_nanos: 0, series: &size, value: values(&[], 0, 0.0) });
        assert_eq!(
            text(&table, ""),
            ["P", " size", "  a=b", "   count: 0 /s", "   mean: - m", "   p50: - m", "   p99: - m"]
        );
    }

    #[test]
    fn the_sparkline_of_a_total_shows_what_it_gained() {
        let total = series("total", "", SeriesKind::Counter, "");
        let table = table(&[
            (total.clone(), counter(0.0, 100.0)),
            (total.clone(), counter(7.0, 107.0)),
            (total, counter(0.0, 107.0)),
        ]);
        let rows = table.rows("");
        let cell = rows[1].cell.as_ref().expect("a value");
        assert_eq!(cell.sparkline(60), "▁█▁");
        assert_eq!(cell.delta.as_deref(), Some("0"));
    }

    #[test]
    fn event_counters_step_back_for_a_meter_of_their_name() {
        let event_counter = series("CPU Usage", "%", SeriesKind::Mean, "");
        let mut table = table(&[
            (event_counter.clone(), mean(1.0)),
            (series("cpu.time", "s", SeriesKind::Counter, ""), counter(1.0, 2.0)),
        ]);
        table.apply(&Reading { time_unix_nanos: 0, series: &event_counter, value: mean(2.0) });
        assert_eq!(text(&table, ""), ["P", " cpu.time: 2 s"]);
    }

    #[test]
    fn an_ended_series_leaves() {
        let table = table(&[
            (series("a", "", SeriesKind::Gauge, "x=1"), ReadingValue::Gauge(1.0)),
            (series("a", "", SeriesKind::Gauge, "x=2"), ReadingValue::Gauge(2.0)),
            (series("a", "", SeriesKind::Gauge, "x=1"), ReadingValue::Ended),
        ]);
        assert_eq!(text(&table, ""), ["P", " a", "  x=2: 2"]);
    }

    #[test]
    fn a_filter_keeps_what_contains_it() {
        let table = table(&[
            (series("Working Set", "", SeriesKind::Gauge, ""), ReadingValue::Gauge(1.0)),
            (series("cpu", "", SeriesKind::Gauge, ""), ReadingValue::Gauge(1.0)),
            (series("gc", "", SeriesKind::Counter, "gen=LOH"), counter(1.0, 1.0)),
        ]);
        assert_eq!(text(&table, "WORK"), ["P", " Working Set: 1"]);
        assert_eq!(text(&table, "loh"), ["P", " gc", "  gen=LOH: 1"]);
        assert_eq!(text(&table, "nothing"), Vec::<String>::new());
    }
}
