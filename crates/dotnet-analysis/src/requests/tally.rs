//! Requests that have something in common.

use std::collections::BTreeMap;

use super::phases::PhaseTimes;
use crate::distribution::Distribution;

/// Statuses told apart for each host or path. There are five dozen registered ones.
const MAX_STATUSES: usize = 64;

/// Requests to one host, or of one path.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Those that ended.
    pub(super) ended: u64,
    /// Those among them that failed.
    pub(super) failed: u64,
    /// Answers by status.
    pub(super) statuses: BTreeMap<i32, u64>,
    /// From start to end.
    pub(super) durations: Distribution,
    /// Of all of them together.
    pub(super) phases: PhaseTimes,
}

impl Tally {
    pub(super) fn record(&mut self, nanos: i64, is_failure: bool, status: Option<i32>, phases: &PhaseTimes) {
        self.ended += 1;
        self.failed += u64::from(is_failure);
        self.durations.record(nanos);
        self.phases.join(phases);
        if let Some(status) = status
            && (self.statuses.len() < MAX_STATUSES || self.statuses.contains_key(&status))
        {
            *self.statuses.entry(status).or_default() += 1;
        }
    }
}

/// The slowest of many, the slowest first.
#[derive(Debug)]
pub(crate) struct Slowest<T> {
    list: Vec<(i64, T)>,
    limit: usize,
}

impl<T> Slowest<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { list: Vec::new(), limit }
    }

    /// Keeps it if it is among the slowest; of equal ones the earliest.
    pub(crate) fn offer(&mut self, nanos: i64, make: impl FnOnce() -> T) {
        let place = self.list.partition_point(|(known, _)| *known >= nanos);
        if place < self.limit {
            self.list.insert(place, (nanos, make()));
            self.list.truncate(self.limit);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &T)> {
        self.list.iter().map(|(nanos, value)| (*nanos, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_come_first_and_no_more_than_wanted() {
        let mut slowest = Slowest::new(2);
        for (nanos, name) in [(5, "a"), (9, "b"), (5, "c"), (7, "d"), (1, "e")] {
            slowest.offer(nanos, || name);
        }
        assert_eq!(slowest.iter().collect::<Vec<_>>(), [(9, &"b"), (7, &"d")]);
    }
}
