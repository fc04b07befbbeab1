//! The recent past of one process's counters, in memory.
//!
//! Columns, not rows: one ring of times per process, and per series one ring of values that ends at the same time.
//! A minute of a hundred series is 48 KB.

use std::collections::VecDeque;

use super::board::TrackId;

/// Values of every series of one process at common times.
#[derive(Debug)]
pub(super) struct History {
    capacity: usize,
    times: VecDeque<i64>,
    /// All end at the last time; a series that began later has a shorter column.
    columns: Vec<VecDeque<f64>>,
    row: Vec<f64>,
}

/// A part of a history.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistorySnapshot {
    /// Times of the columns' values, milliseconds since the Unix epoch, ascending.
    pub times_unix_ms: Vec<i64>,
    /// One column per track, indexed by [`TrackId`]; NaN where the track said nothing at that time.
    pub columns: Vec<Vec<f64>>,
}

impl History {
    /// Keeps the last `capacity` times.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), times: VecDeque::new(), columns: Vec::new(), row: Vec::new() }
    }

    /// Adds one time with the values of the series that have one.
    pub(super) fn push(&mut self, time_unix_ms: i64, values: &[(TrackId, f64)]) {
        if self.times.len() == self.capacity {
            self.times.pop_front();
        }
        self.times.push_back(time_unix_ms);
        let series =
            values.iter().map(|(id, _)| id.0 as usize + 1).max().unwrap_or(0).max(self.columns.len());
        self.columns.resize_with(series, VecDeque::new);
        self.row.clear();
        self.row.resize(series, f64::NAN);
        for (id, value) in values {
            if let Some(cell) = self.row.get_mut(id.0 as usize) {
                *cell = *value;
            }
        }
        for (column, value) in self.columns.iter_mut().zip(&self.row) {
            // A series that has not begun needs no gap: its column is just shorter.
            if column.is_empty() && value.is_nan() {
                continue;
            }
            column.push_back(*value);
            if column.len() > self.times.len() {
                column.pop_front();
            }
        }
    }

    /// Everything after `since_unix_ms`, or everything.
    pub(super) fn snapshot(&self, since_unix_ms: Option<i64>) -> HistorySnapshot {
        let from = since_unix_ms.map_or(0, |since| self.times.partition_point(|time| *time <= since));
        let length = self.times.len();
        let columns = self
            .columns
            .iter()
            .map(|column| {
                let lead = length - column.len();
                (from..length)
                    .map(|row| {
                        row.checked_sub(lead).and_then(|at| column.get(at)).copied().unwrap_or(f64::NAN)
                    })
                    .collect()
            })
            .collect();
        HistorySnapshot { times_unix_ms: self.times.range(from..).copied().collect(), columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(values: &[(u32, f64)]) -> Vec<(TrackId, f64)> {
        values.iter().map(|(id, value)| (TrackId(*id), *value)).collect()
    }

    fn text(snapshot: &HistorySnapshot) -> String {
        let columns: Vec<String> = snapshot.columns.iter().map(|c| format!("{c:?}")).collect();
        format!("{:?} {}", snapshot.times_unix_ms, columns.join(" "))
    }

    #[test]
    fn columns_stay_aligned_with_the_times() {
        let mut history = History::new(3);
        history.push(10, &ids(&[(0, 1.0)]));
        history.push(20, &ids(&[(2, 5.0)]));
        history.push(30, &ids(&[(0, 3.0), (2, 6.0)]));
        assert_eq!(
            text(&history.snapshot(None)),
            "[10, 20, 30] [1.0, NaN, 3.0] [NaN, NaN, NaN] [NaN, 5.0, 6.0]"
        );
        history.push(40, &ids(&[(1, 9.0)]));
        assert_eq!(
            text(&history.snapshot(None)),
            "[20, 30, 40] [NaN, 3.0, NaN] [NaN, NaN, 9.0] [5.0, 6.0, NaN]"
        );
    }

    #[test]
    fn a_part_starts_after_the_time_given() {
        let mut history = History::new(10);
        for time in 1..=5 {
            history.push(time * 10, &ids(&[(0, time as f64)]));
        }
        assert_eq!(text(&history.snapshot(Some(30))), "[40, 50] [4.0, 5.0]");
        assert_eq!(text(&history.snapshot(Some(50))), "[] []");
        assert_eq!(history.snapshot(Some(0)).times_unix_ms.len(), 5);
    }
}
