//! How many workers there are, and why.

use std::collections::BTreeMap;

use dotnet_events::enumerations::ThreadAdjustmentReason;

use crate::timeline::Timeline;

/// Adjustments kept, the first ones. All are counted.
const MAX_ADJUSTMENTS: usize = 4_096;
/// The shortest interval of figures over time.
const INTERVAL: i64 = 100_000_000;

/// How many workers there are.
#[derive(Debug)]
pub(super) struct Workers {
    pub(super) started: u64,
    pub(super) stopped: u64,
    /// The first, the last and the highest number that was told.
    pub(super) first: Option<u32>,
    pub(super) last: Option<u32>,
    pub(super) max: u32,
    pub(super) over_time: Timeline,
    pub(super) wanted_over_time: Timeline,
    /// Work items per second, as the pool measured them.
    pub(super) throughput_over_time: Timeline,
    /// The smallest number the pool adds threads up to at once, and the largest.
    pub(super) limits: Option<(u16, u16)>,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) reasons: BTreeMap<ThreadAdjustmentReason, u64>,
    pub(super) starvation: Option<Period>,
    pub(super) blocking: Option<Period>,
    /// How many the pool wanted last.
    wanted: Option<u32>,
}

/// The pool changed how many workers it wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adjustment {
    pub(super) at: i64,
    pub(super) workers: u32,
    pub(super) reason: ThreadAdjustmentReason,
    pub(super) throughput: f64,
}

/// A time in which the pool added threads for one reason.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) count: u64,
    /// Workers wanted before, and at most.
    pub(super) before: u32,
    pub(super) max: u32,
}

impl Default for Workers {
    fn default() -> Self {
        let levels = || Timeline::of_levels(INTERVAL);
        Self {
            started: 0,
            stopped: 0,
            first: None,
            last: None,
            max: 0,
            over_time: levels(),
            wanted_over_time: levels(),
            throughput_over_time: levels(),
            limits: None,
            adjustments: Vec::new(),
            reasons: BTreeMap::new(),
            starvation: None,
            blocking: None,
            wanted: None,
        }
    }
}

impl Workers {
    /// There are so many.
    pub(super) fn are(&mut self, count: u32, now: i64) {
        self.first.get_or_insert(count);
        self.last = Some(count);
        self.max = self.max.max(count);
        self.over_time.add(now, count.into());
    }

    /// The pool wants so many.
    pub(super) fn adjusted(
        &mut self,
        at: i64,
        workers: u32,
        reason: ThreadAdjustmentReason,
        throughput: f64,
    ) {
        *self.reasons.entry(reason).or_default() += 1;
        self.wanted_over_time.add(at, workers.into());
        let before = self.wanted.or(self.first).unwrap_or_else(|| workers.saturating_sub(1));
        self.wanted = Some(workers);
        if self.adjustments.len() < MAX_ADJUSTMENTS {
            self.adjustments.push(Adjustment { at, workers, reason, throughput });
        }
        let period = match reason {
            ThreadAdjustmentReason::Starvation => &mut self.starvation,
            ThreadAdjustmentReason::CooperativeBlocking => &mut self.blocking,
            _ => return,
        };
        let period = period.get_or_insert(Period { first: at, last: at, count: 0, before, max: workers });
        period.last = at;
        period.count += 1;
        period.max = period.max.max(workers);
    }

    pub(super) fn throughput(&mut self, at: i64, throughput: f64) {
        if throughput.is_finite() {
            self.throughput_over_time.add(at, throughput.max(0.0).round() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starvation_has_its_time_and_its_threads() {
        let mut workers = Workers::default();
        workers.are(4, 0);
        workers.adjusted(10, 5, ThreadAdjustmentReason::Starvation, 0.0);
        workers.adjusted(20, 6, ThreadAdjustmentReason::Starvation, 0.0);
        workers.adjusted(30, 5, ThreadAdjustmentReason::ThreadTimedOut, 0.0);
        let starvation = workers.starvation.unwrap();
        assert_eq!((starvation.first, starvation.last, starvation.count), (10, 20, 2));
        assert_eq!((starvation.before, starvation.max), (4, 6));
        assert!(workers.blocking.is_none());
        assert_eq!(workers.reasons.values().sum::<u64>(), 3);
    }
}
