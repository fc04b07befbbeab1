//! A figure, before and after.

use serde::Serialize;

use crate::report::document::{Cell, Unit};

/// What a figure is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// It adds up over time: what there was a second of the trace.
    Second,
    /// A size, a mean, a share: as it is.
    Trace,
}

/// A figure of both traces. `before_rate` and `after_rate` are what is compared: a second where it adds up over time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// `count`, `bytes`, `ns` or `percent`.
    #[serde(serialize_with = "unit_name")]
    pub unit: Unit,
    /// What the rates are per.
    pub per: Per,
    /// In the first trace, as it is there.
    pub before: f64,
    /// In the second.
    pub after: f64,
    /// In the first, a second of it where the figure adds up.
    pub before_rate: f64,
    /// In the second.
    pub after_rate: f64,
    /// From the first rate to the second, in percent of the first; `null` where that is 0.
    pub change_percent: Option<f64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn unit_name<S: serde::Serializer>(unit: &Unit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match unit {
        Unit::Count => "count",
        Unit::Bytes => "bytes",
        Unit::Nanos => "ns",
        Unit::Percent => "percent",
    })
}

impl Change {
    /// `seconds` are those of the two traces.
    pub(super) fn new(unit: Unit, per: Per, [before, after]: [f64; 2], seconds: [f64; 2]) -> Self {
        let rate = |value: f64, seconds: f64| match per {
            Per::Second if seconds > 0.0 => value / seconds,
            Per::Second | Per::Trace => value,
        };
        let [before_seconds, after_seconds] = seconds;
        let (before_rate, after_rate) = (rate(before, before_seconds), rate(after, after_seconds));
        let change = (after_rate - before_rate) / before_rate * 100.0;
        let change_percent = Some(change).filter(|change| change.is_finite());
        Self { unit, per, before, after, before_rate, after_rate, change_percent }
    }

    /// How much more there is, in its unit.
    pub(super) fn growth(&self) -> f64 {
        self.after_rate - self.before_rate
    }

    /// From -1, where it is gone, to 1, where it is new.
    pub(super) fn severity(&self) -> f64 {
        let larger = self.after_rate.abs().max(self.before_rate.abs());
        if larger > 0.0 { self.growth() / larger } else { 0.0 }
    }

    /// Whether it is more than chance and a tenth.
    pub(super) fn matters(&self) -> bool {
        /// What is less than that in both traces is not worth a word.
        const LEAST: [(Unit, f64); 4] =
            [(Unit::Count, 10.0), (Unit::Bytes, 1e5), (Unit::Nanos, 1e6), (Unit::Percent, 1.0)];
        const LEAST_SEVERITY: f64 = 0.1;
        let least = LEAST.iter().find(|(unit, _)| *unit == self.unit).map_or(0.0, |(_, least)| *least);
        let is_enough = match self.unit {
            // A point more or less.
            Unit::Percent => self.growth().abs() >= least,
            _ => self.before.abs().max(self.after.abs()) >= least,
        };
        is_enough && self.severity().abs() >= LEAST_SEVERITY
    }

    /// How it has changed, for a column.
    pub(super) fn cell(&self) -> Cell {
        match self.change_percent {
            Some(change) => Cell::Text(signed(change)),
            None if self.after_rate > 0.0 => Cell::Text("new".to_owned()),
            None => Cell::Empty,
        }
    }

    /// What the rates are per, in words.
    pub(super) fn per(&self) -> &'static str {
        match self.per {
            Per::Second => "/s",
            Per::Trace => "",
        }
    }
}

/// `+12 %`; as a factor from ten times on.
fn signed(percent: f64) -> String {
    if percent >= 900.0 {
        return format!("{} times", Cell::Number((percent / 100.0 + 1.0).round()));
    }
    let sign = if percent > 0.0 { "+" } else { "" };
    format!("{sign}{percent:.0} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_adds_up_is_compared_a_second() {
        let change = Change::new(Unit::Count, Per::Second, [100.0, 100.0], [10.0, 40.0]);
        assert_eq!((change.before_rate, change.after_rate, change.change_percent), (10.0, 2.5, Some(-75.0)));
        assert!(change.matters() && change.severity() < 0.0);
        let change = Change::new(Unit::Nanos, Per::Trace, [2e6, 3e6], [10.0, 40.0]);
        assert_eq!(
            (change.before_rate, change.after_rate, change.cell()),
            (2e6, 3e6, Cell::Text("+50 %".to_owned()))
        );
    }

    #[test]
    fn little_and_chance_do_not_matter() {
        let matters = |unit, values| Change::new(unit, Per::Trace, values, [1.0, 1.0]).matters();
        assert!(!matters(Unit::Count, [1.0, 3.0]));
        assert!(!matters(Unit::Count, [1000.0, 1050.0]));
        assert!(matters(Unit::Count, [0.0, 50.0]));
        assert!(!matters(Unit::Percent, [50.0, 50.9]));
        assert!(matters(Unit::Percent, [2.0, 34.0]));
    }

    #[test]
    fn large_changes_are_factors() {
        let cell = |values| Change::new(Unit::Count, Per::Trace, values, [1.0, 1.0]).cell();
        assert_eq!(cell([1.0, 34.0]), Cell::Text("34 times".to_owned()));
        assert_eq!(cell([0.0, 34.0]), Cell::Text("new".to_owned()));
        assert_eq!(cell([34.0, 0.0]), Cell::Text("-100 %".to_owned()));
        assert_eq!(cell([0.0, 0.0]), Cell::Empty);
    }
}
