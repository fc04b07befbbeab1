//! Axes: where the ticks are.

/// Ticks of one axis; more would touch each other on a telephone.
const TICKS: f64 = 5.0;

/// A range of values, and what is written beside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
}

impl Axis {
    /// An axis whose ends are ticks. It begins at 0 unless there are values below.
    pub(super) fn of_values(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) = range(values);
        let (least, most) = (least.min(0.0), most.max(0.0));
        let most = if most > least { most } else { least + 1.0 };
        let step = step(most - least);
        let (low, high) = ((least / step).floor() * step, (most / step).ceil() * step);
        Self { low, high, ticks: ticks(low, high, step) }
    }

    /// An axis of seconds that ends where the values do.
    pub(super) fn of_time(seconds: impl Iterator<Item = f64>) -> Self {
        let (least, most) = range(seconds);
        let low = least.min(0.0);
        let high = if most > low { most } else { low + 1.0 };
        let step = step_of_time(high - low);
        Self { low, high, ticks: ticks((low / step).ceil() * step, high, step) }
    }

    /// The place of a value, 0 at the low end and 1 at the high one. What is no number is where 0 is.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = if value.is_finite() { value } else { 0.0 };
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// The least and the largest finite value; zeros without any.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|value| value.is_finite())
        .fold(None, |range: Option<(f64, f64)>, value| {
            Some(range.map_or((value, value), |(least, most)| (least.min(value), most.max(value))))
        })
        .unwrap_or_default()
}

/// A step of 1, 2 or 5 times a power of ten.
fn step(range: f64) -> f64 {
    let rough = range / TICKS;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| step * power >= rough * 0.999).unwrap_or(10.0);
    step * power
}

/// The same, but in the steps of a clock from a second on.
fn step_of_time(seconds: f64) -> f64 {
    const STEPS: [f64; 16] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21_600.0,
        86_400.0,
    ];
    let rough = seconds / TICKS;
    match STEPS.into_iter().find(|step| *step >= rough * 0.999) {
        Some(step) if rough > 0.5 => step,
        _ => step(seconds),
    }
}

fn ticks(low: f64, high: f64, step: f64) -> Vec<f64> {
    // Twice as many as wanted: steps are at most that much shorter.
    let most = 2.0 * TICKS + 2.0;
    let count = ((high - low) / step + 1.001).floor().clamp(0.0, most) as u32;
    // Multiples of the step rather than sums: so 0 is 0.
    let first = (low / step).round();
    (0..count).map(|index| (first + f64::from(index)) * step).collect()
}

/// Seconds from the start as they stand below a chart.
pub(super) fn seconds(value: f64, whole: f64) -> String {
    if whole <= 120.0 {
        let text = format!("{value:.3}");
        let short = text.trim_end_matches('0').trim_end_matches('.');
        return format!("{} s", if short == "-0" { "0" } else { short });
    }
    let value = value.round() as i64;
    match value / 3600 {
        0 => format!("{}:{:02}", value / 60, value % 60),
        hours => format!("{hours}:{:02}:{:02}", value / 60 % 60, value % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks_of(values: &[f64]) -> Vec<f64> {
        Axis::of_values(values.iter().copied()).ticks
    }

    #[test]
    fn ticks_are_round_numbers_around_all_values() {
        assert_eq!(ticks_of(&[3.0, 97.0]), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks_of(&[-1.0, 4.0]), [-1.0, 0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks_of(&[0.0]), ticks_of(&[1.0]));
        assert_eq!(ticks_of(&[]), ticks_of(&[1.0]));
        assert_eq!(ticks_of(&[f64::NAN, f64::INFINITY]), ticks_of(&[1.0]));
        for value in [1e-9, 3.7, 1e300, f64::MAX] {
            let axis = Axis::of_values([value].into_iter());
            assert!(axis.ticks.len() < 13 && axis.high >= value, "{axis:?}");
        }
    }

    #[test]
    fn time_has_the_steps_of_a_clock() {
        let ticks = |until: f64| Axis::of_time([0.5, until].into_iter()).ticks;
        assert_eq!(ticks(60.0), [0.0, 15.0, 30.0, 45.0, 60.0]);
        assert_eq!(ticks(1000.0), [0.0, 300.0, 600.0, 900.0]);
        assert_eq!(ticks(2.0), [0.0, 0.5, 1.0, 1.5, 2.0]);
    }

    #[test]
    fn seconds_become_minutes_and_hours() {
        assert_eq!(seconds(1.5, 10.0), "1.5 s");
        assert_eq!(seconds(0.0, 10.0), "0 s");
        assert_eq!(seconds(90.0, 500.0), "1:30");
        assert_eq!(seconds(3661.0, 9000.0), "1:01:01");
    }
}
