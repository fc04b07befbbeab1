//! What every series of one process says now: the figures behind `/metrics`, the pages and the history.

use crate::counters::{Reading, ReadingValue, Series, SeriesId, SeriesKind};

/// A line on a chart. Most series have one; a histogram has one per quantile and one for its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u32);

/// Which figure of its series a track shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part {
    /// The value itself: the mean, the level, or for increments and counters the change **per second**.
    Value,
    /// A quantile (0..=1) of a histogram.
    Quantile(f64),
    /// Values recorded per second, of a histogram.
    Rate,
}

/// A line on a chart and what it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its number within the process; stable while the process is watched.
    pub id: TrackId,
    /// The series it is of.
    pub series: Series,
    /// Which of its figures.
    pub part: Part,
}

/// The present figures of one series.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The last reading; `None` when the series ended.
    pub latest: Option<ReadingValue>,
    /// Sum of all increments (or deltas) since the process is watched.
    pub increments: f64,
    /// Sum of a histogram's counts since the process is watched.
    pub histogram_count: u64,
    /// Sum of a histogram's sums since the process is watched.
    pub histogram_sum: f64,
    /// When the last reading was written, nanoseconds since the Unix epoch.
    pub time_unix_nanos: i64,
}

/// Takes readings as they come, and gives values once per interval.
#[derive(Debug, Default)]
pub(super) struct Board {
    cells: Vec<Cell>,
    tracks: Vec<Track>,
    changed: bool,
}

#[derive(Debug, Default)]
struct Cell {
    standing: Standing,
    /// Change and seconds gathered since the last [`Board::take_values`].
    change: f64,
    seconds: f64,
    fresh: bool,
    tracks: Vec<TrackId>,
}

impl Board {
    /// Takes one reading. `nominal_seconds` is the interval that was asked for, used where the stream does not tell.
    pub(super) fn read(&mut self, reading: &Reading<'_>, nominal_seconds: f64) {
        let index = reading.series.id.0 as usize;
        if self.cells.len() <= index {
            self.cells.resize_with(index + 1, Cell::default);
        }
        let Some(cell) = self.cells.get_mut(index) else { return };
        let elapsed = match cell.standing.time_unix_nanos {
            0 => nominal_seconds,
            before => (reading.time_unix_nanos - before) as f64 / 1e9,
        };
        let standing = &mut cell.standing;
        standing.time_unix_nanos = reading.time_unix_nanos;
        match &reading.value {
            ReadingValue::Ended => {
                standing.latest = None;
                cell.fresh = false;
                return;
            }
            ReadingValue::Increment { increment, interval_seconds, is_first: false } => {
                standing.increments += finite(*increment);
                cell.change += finite(*increment);
                // A first sample may carry an interval of zero: the one asked for is the better guess.
                cell.seconds +=
                    if *interval_seconds > 0.0 { f64::from(*interval_seconds) } else { nominal_seconds };
            }
            ReadingValue::Counter { delta, .. } => {
                standing.increments += finite(delta.unwrap_or(0.0));
                if let Some(delta) = delta {
                    cell.change += finite(*delta);
                    cell.seconds += elapsed;
                }
            }
            ReadingValue::UpDownCounter { delta, .. } => standing.increments += finite(delta.unwrap_or(0.0)),
            ReadingValue::Histogram { count, sum, .. } => {
                let count = u64::try_from(count.unwrap_or(0)).unwrap_or(0);
                standing.histogram_count += count;
                standing.histogram_sum += finite(sum.unwrap_or(0.0));
                cell.change += count as f64;
                cell.seconds += elapsed;
            }
            // What a first increment covers is uncertain, so it is a beginning and not yet a change.
            ReadingValue::Increment { is_first: true, .. }
            | ReadingValue::Mean { .. }
            | ReadingValue::Gauge(_) => {}
        }
        standing.latest = Some(reading.value.clone());
        cell.fresh = true;
        if cell.tracks.is_empty() {
            let parts: &[Part] = match reading.series.kind {
                SeriesKind::Histogram => {
                    &[Part::Quantile(0.5), Part::Quantile(0.95), Part::Quantile(0.99), Part::Rate]
                }
                _ => &[Part::Value],
            };
            for part in parts {
                let id = TrackId(u32::try_from(self.tracks.len()).unwrap_or(u32::MAX));
                cell.tracks.push(id);
                self.tracks.push(Track { id, series: reading.series.clone(), part: *part });
            }
            self.changed = true;
        }
    }

    /// Every track so far, by [`TrackId`].
    pub(super) fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Whether there are tracks that were not there at the last call.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The figures of every series, by [`SeriesId`].
    pub(super) fn standings(&self) -> impl Iterator<Item = (SeriesId, &Standing)> {
        (0_u32..).map(SeriesId).zip(self.cells.iter().map(|cell| &cell.standing))
    }

    /// The values of the tracks that said something since the last call.
    pub(super) fn take_values(&mut self, values: &mut Vec<(TrackId, f64)>) {
        values.clear();
        for cell in &mut self.cells {
            if !std::mem::take(&mut cell.fresh) {
                continue;
            }
            let rate = (cell.seconds > 0.0).then(|| cell.change / cell.seconds);
            for id in &cell.tracks {
                let Some(track) = self.tracks.get(id.0 as usize) else { continue };
                let value = match (&cell.standing.latest, track.part) {
                    (Some(_), Part::Rate) => rate,
                    (Some(ReadingValue::Histogram { quantiles, .. }), Part::Quantile(wanted)) => quantiles
                        .iter()
                        .find(|(quantile, _)| (quantile - wanted).abs() < 1e-9)
                        .map(|(_, value)| *value),
                    (Some(ReadingValue::Increment { .. } | ReadingValue::Counter { .. }), Part::Value) => {
                        rate
                    }
                    (Some(ReadingValue::Mean { mean, .. }), Part::Value) => Some(*mean),
                    (Some(ReadingValue::Gauge(value)), Part::Value) => Some(*value),
                    (Some(ReadingValue::UpDownCounter { total, .. }), Part::Value) => {
                        Some(total.unwrap_or(cell.standing.increments))
                    }
                    _ => None,
                };
                if let Some(value) = value.filter(|value| value.is_finite()) {
                    values.push((*id, value));
                }
            }
            cell.change = 0.0;
            cell.seconds = 0.0;
        }
    }
}

/// User code may report NaN or infinities; a sum must not be poisoned by one.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Source;

    fn series(id: u32, kind: SeriesKind) -> Series {
        Series {
            id: SeriesId(id),
            source: Source::EventCounter,
            provider: "P".into(),
            name: format!("c{id}"),
            display_name: String::new(),
            description: String::new(),
            unit: String::new(),
            kind,
            tags: String::new(),
            meter_tags: String::new(),
            instrument_tags: String::new(),
        }
    }

    fn values(board: &mut Board) -> Vec<(u32, f64)> {
        let mut values = Vec::new();
        board.take_values(&mut values);
        values.into_iter().map(|(id, value)| (id.0, value)).collect()
    }

    #[test]
    fn increments_become_rates_over_the_time_they_cover() {
        let mut board = Board::default();
        let series = series(0, SeriesKind::Increment);
        let add = |board: &mut Board, increment, interval_seconds, is_first| {
            let value = ReadingValue::Increment { increment, interval_seconds, is_first };
            board.read(&Reading { time_unix_nanos: 1, series: &series, value }, 2.0);
        };
        add(&mut board, 1e6, 1.0, true);
        assert_eq!(values(&mut board), [], "a first value is no rate");
        // A client with a faster interval makes two values arrive in one of ours.
        add(&mut board, 10.0, 0.5, false);
        add(&mut board, 30.0, 0.5, false);
        assert_eq!(values(&mut board), [(0, 40.0)]);
        assert_eq!(values(&mut board), [], "nothing new, no value");
        add(&mut board, 8.0, 0.0, false);
        assert_eq!(values(&mut board), [(0, 4.0)], "an interval of zero counts as the one asked for");
        assert!((board.standings().next().unwrap().1.increments - 48.0).abs() < 1e-9);
    }

    #[test]
    fn counters_use_the_time_between_their_readings() {
        let mut board = Board::default();
        let series = series(0, SeriesKind::Counter);
        let add = |board: &mut Board, seconds: i64, delta| {
            let value = ReadingValue::Counter { delta, total: None };
            let time_unix_nanos = seconds * 1_000_000_000;
            board.read(&Reading { time_unix_nanos, series: &series, value }, 1.0);
        };
        add(&mut board, 100, None);
        assert_eq!(values(&mut board), [], "a first sample has no change");
        add(&mut board, 102, Some(10.0));
        assert_eq!(values(&mut board), [(0, 5.0)]);
    }

    #[test]
    fn a_histogram_has_a_track_per_quantile_and_a_rate() {
        let mut board = Board::default();
        let series = series(0, SeriesKind::Histogram);
        let value = ReadingValue::Histogram {
            quantiles: vec![(0.5, 1.0), (0.95, 2.0), (0.99, 3.0)],
            count: Some(10),
            sum: Some(12.5),
        };
        board.read(&Reading { time_unix_nanos: 5, series: &series, value }, 2.0);
        assert_eq!(values(&mut board), [(0, 1.0), (1, 2.0), (2, 3.0), (3, 5.0)]);
        assert_eq!(board.tracks().len(), 4);
    }

    #[test]
    fn values_that_are_not_numbers_are_left_out() {
        let mut board = Board::default();
        let series = series(0, SeriesKind::Gauge);
        board.read(
            &Reading { time_unix_nanos: 1, series: &series, value: ReadingValue::Gauge(f64::NAN) },
            1.0,
        );
        assert_eq!(values(&mut board), []);
    }
}
