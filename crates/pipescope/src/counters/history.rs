//! The last minute of a counter, and its sparkline.

use std::collections::VecDeque;
use std::time::Duration;

/// How far a sparkline reaches back.
const SPAN: Duration = Duration::from_secs(60);

/// Bars from the lowest to the highest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where the lowest bar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Baseline {
    /// At zero: for changes and rates, where nothing is nothing.
    Zero,
    /// At the smallest value, yet never so that a change of less than a tenth fills the height: for levels, whose
    /// small movements would be invisible from zero and look dramatic from the smallest value.
    Floating,
}

/// The values of the last minute, oldest first. A gap is a value that is not finite.
#[derive(Debug, Clone)]
pub(crate) struct History {
    values: VecDeque<f64>,
    capacity: usize,
}

impl History {
    /// An empty history of a counter that reports once per `interval`.
    pub(crate) fn new(interval: Duration) -> Self {
        let count = SPAN.as_secs_f64() / interval.as_secs_f64().max(0.1);
        Self { values: VecDeque::new(), capacity: (count.ceil() as usize).max(2) }
    }

    pub(crate) fn push(&mut self, value: f64) {
        if self.values.len() == self.capacity {
            self.values.pop_front();
        }
        self.values.push_back(value);
    }

    /// The last minute in at most `width` characters, newest at the right end. Where there are more values than
    /// characters, each character shows the largest of several.
    pub(crate) fn sparkline(&self, width: usize, baseline: Baseline) -> String {
        let per_bar = self.capacity.div_ceil(width.max(1));
        let mut bars: Vec<Option<f64>> = Vec::with_capacity(width);
        // From the newest on, so that groups keep their members as the history grows at its end by whole groups.
        let newest_first: Vec<f64> = self.values.iter().rev().copied().collect();
        for group in newest_first.chunks(per_bar).take(width) {
            bars.push(group.iter().copied().filter(|value| value.is_finite()).reduce(f64::max));
        }
        let known = || bars.iter().flatten().copied();
        let (Some(low), Some(high)) = (known().reduce(f64::min), known().reduce(f64::max)) else {
            return String::new();
        };
        let floor = match baseline {
            Baseline::Zero => low.min(0.0),
            Baseline::Floating => low.min(high - 0.1 * high.abs()),
        };
        let span = high - floor;
        let top = (BARS.len() - 1) as f64;
        let bar = |value: f64| {
            let height = if span > 0.0 { (value - floor) / span * top } else { 0.0 };
            // Something is never shown as nothing.
            let lowest = if baseline == Baseline::Zero && value > 0.0 { 1.0 } else { 0.0 };
            BARS.get(height.round().max(lowest) as usize).copied().unwrap_or('█')
        };
        bars.iter().rev().map(|value| value.map_or(' ', bar)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], width: usize, baseline: Baseline, expected: &str) {
        let mut history = History::new(Duration::from_secs(1));
        for value in values {
            history.push(*value);
        }
        assert_eq!(history.sparkline(width, baseline), expected);
    }

    #[test]
    fn bars_are_as_high_as_their_values() {
        check(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 60, Baseline::Zero, "▁▂▃▄▅▆▇█");
        check(&[0.0, 0.0], 60, Baseline::Zero, "▁▁");
        check(&[5.0, 5.0], 60, Baseline::Zero, "██");
        check(&[1.0, 1000.0], 60, Baseline::Zero, "▂█");
    }

    #[test]
    fn small_movements_of_a_level_stay_small() {
        check(&[100.0, 101.0, 100.0], 60, Baseline::Floating, "▇█▇");
        check(&[0.0, 50.0, 100.0], 60, Baseline::Floating, "▁▅█");
        check(&[-3.0, -3.0], 60, Baseline::Floating, "██");
        check(&[0.0], 60, Baseline::Floating, "▁");
    }

    #[test]
    fn a_narrow_line_shows_the_largest_of_each_group() {
        let mut values = vec![0.0; 58];
        values.extend([7.0, 0.0]);
        check(&values, 30, Baseline::Zero, &format!("{}█", "▁".repeat(29)));
    }

    #[test]
    fn gaps_are_blank_and_nothing_is_empty() {
        check(&[1.0, f64::NAN, 1.0], 60, Baseline::Zero, "█ █");
        check(&[], 60, Baseline::Zero, "");
        check(&[f64::NAN], 60, Baseline::Zero, "");
        check(&[1.0], 0, Baseline::Zero, "");
    }

    #[test]
    fn only_the_last_minute_is_kept() {
        let mut history = History::new(Duration::from_secs(2));
        for value in 0..100 {
            history.push(f64::from(value));
        }
        assert_eq!(history.values.len(), 30);
        assert_eq!(history.values.back(), Some(&99.0));
    }
}
