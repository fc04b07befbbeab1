//! Figures over time, in a bounded number of intervals.

use serde::Serialize;

/// Intervals kept. When a trace needs more, two become one.
const MAX_INTERVALS: usize = 1024;

/// What becomes of two figures of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Union {
    Sum,
    Highest,
}

/// Figures by the time they are of, from the start of the trace. They may come in any order.
#[derive(Debug)]
pub(crate) struct Timeline {
    width: i64,
    union: Union,
    intervals: Vec<Option<Interval>>,
}

/// What is known of an interval.
#[derive(Debug, Clone, Copy)]
struct Interval {
    value: u64,
    /// The figure that was last, and when it was.
    last: (i64, u64),
}

/// Figures over time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct OverTime {
    /// How long an interval is, in nanoseconds. The first begins with the trace.
    pub interval_ns: i64,
    /// A figure for each; `None` where nothing is known.
    pub values: Vec<Option<u64>>,
}

impl Timeline {
    /// For figures that are added up, such as events. `width` is the shortest interval in nanoseconds.
    pub(crate) fn of_sums(width: i64) -> Self {
        Self { width, union: Union::Sum, intervals: Vec::new() }
    }

    /// For levels, of which the highest is kept.
    pub(crate) fn of_levels(width: i64) -> Self {
        Self { width, union: Union::Highest, intervals: Vec::new() }
    }

    /// Takes a figure. What is of before the start of the trace counts for the start.
    pub(crate) fn add(&mut self, at_nanos: i64, value: u64) {
        let at = at_nanos.max(0);
        while at / self.width >= MAX_INTERVALS as i64 {
            self.widen();
        }
        let index = usize::try_from(at / self.width).unwrap_or(0);
        if self.intervals.len() <= index {
            self.intervals.resize(index + 1, None);
        }
        if let Some(known) = self.intervals.get_mut(index) {
            *known = self.union.of(*known, Some(Interval { value, last: (at, value) }));
        }
    }

    fn widen(&mut self) {
        self.width = self.width.saturating_mul(2);
        let pairs = self.intervals.chunks(2);
        let union = self.union;
        self.intervals = pairs.map(|pair| pair.iter().copied().fold(None, |a, b| union.of(a, b))).collect();
    }

    /// The figures up to `end_nanos`. Where nothing was added a sum is 0, and a level is what it last was before.
    pub(crate) fn over_time(&self, end_nanos: i64) -> OverTime {
        let length = usize::try_from(end_nanos / self.width + 1).unwrap_or(0).min(MAX_INTERVALS);
        let mut last = (self.union == Union::Sum).then_some(0);
        let known = self.intervals.iter().copied().chain(std::iter::repeat(None));
        let values = known.take(length.max(self.intervals.len())).map(|interval| {
            let Some(interval) = interval else { return last };
            if self.union == Union::Highest {
                last = Some(interval.last.1);
            }
            Some(interval.value)
        });
        OverTime { interval_ns: self.width, values: values.collect() }
    }
}

impl Union {
    fn of(self, a: Option<Interval>, b: Option<Interval>) -> Option<Interval> {
        let (Some(a), Some(b)) = (a, b) else { return a.or(b) };
        let value = match self {
            Self::Sum => a.value.saturating_add(b.value),
            Self::Highest => a.value.max(b.value),
        };
        let last = if b.last.0 >= a.last.0 { b.last } else { a.last };
        Some(Interval { value, last })
    }
}

impl OverTime {
    /// Pairs of seconds and figures, for charts. Where `per_second`, sums are rates.
    pub(crate) fn points(&self, per_second: bool) -> Vec<(f64, f64)> {
        let seconds = self.interval_ns as f64 / 1e9;
        let scale = if per_second { seconds } else { 1.0 };
        let known = self.values.iter().enumerate().filter_map(|(index, value)| Some((index, (*value)?)));
        known.map(|(index, value)| (index as f64 * seconds, value as f64 / scale)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_widen_and_nothing_is_lost() {
        let mut sums = Timeline::of_sums(10);
        let mut levels = Timeline::of_levels(10);
        for at in 0..50_000 {
            sums.add(at, 1);
            levels.add(at, at as u64);
        }
        let (sums, levels) = (sums.over_time(49_999), levels.over_time(49_999));
        assert_eq!(sums.interval_ns, 80);
        assert_eq!(sums.values.iter().flatten().sum::<u64>(), 50_000);
        assert_eq!(levels.values.first(), Some(&Some(79)));
        assert_eq!(levels.values.last(), Some(&Some(49_999)));
    }

    #[test]
    fn a_level_stays_until_another_is_known() {
        let mut levels = Timeline::of_levels(10);
        levels.add(15, 4);
        levels.add(16, 2);
        assert_eq!(levels.over_time(35).values, [None, Some(4), Some(2), Some(2)]);
        let mut sums = Timeline::of_sums(10);
        sums.add(-3, 4);
        assert_eq!(sums.over_time(25).values, [Some(4), Some(0), Some(0)]);
    }
}
