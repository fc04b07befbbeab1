//! Work that waits for a worker.
//!
//! A work item has the address of its object for an id, which another one can have later, and which the same item can have
//! twice: it is queued again before it was taken. So items of the same id are taken in the order in which they were queued.

use std::collections::{HashMap, VecDeque};

use crate::distribution::Distribution;
use crate::timeline::Timeline;

/// Items that are followed while they wait.
const MAX_WAITING: usize = 262_144;
/// The shortest interval of figures over time.
const INTERVAL: i64 = 100_000_000;

/// Work that waits.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) enqueued: u64,
    pub(super) dequeued: u64,
    /// Items taken whose queueing was not seen.
    pub(super) unmatched: u64,
    /// Items that there was no room for.
    pub(super) not_followed: u64,
    pub(super) delays: Distribution,
    /// The longest delay of items taken, in nanoseconds.
    pub(super) delays_over_time: Timeline,
    pub(super) enqueued_over_time: Timeline,
    waiting: HashMap<u64, VecDeque<i64>>,
    count: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            enqueued: 0,
            dequeued: 0,
            unmatched: 0,
            not_followed: 0,
            delays: Distribution::default(),
            delays_over_time: Timeline::of_levels(INTERVAL),
            enqueued_over_time: Timeline::of_sums(INTERVAL),
            waiting: HashMap::new(),
            count: 0,
        }
    }
}

impl Queue {
    pub(super) fn enqueued(&mut self, work: u64, now: i64) {
        self.enqueued += 1;
        self.enqueued_over_time.add(now, 1);
        if self.count >= MAX_WAITING {
            self.not_followed += 1;
            return;
        }
        self.count += 1;
        self.waiting.entry(work).or_default().push_back(now);
    }

    pub(super) fn dequeued(&mut self, work: u64, now: i64) {
        self.dequeued += 1;
        let Some(waiting) = self.waiting.get_mut(&work) else {
            self.unmatched += 1;
            return;
        };
        let since = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&work);
        }
        if let Some(since) = since {
            self.count -= 1;
            let delay = now.saturating_sub(since).max(0);
            self.delays.record(delay);
            self.delays_over_time.add(now, delay.cast_unsigned());
        }
    }

    /// Items that still wait, and when the oldest was queued.
    pub(super) fn waiting(&self) -> (u64, Option<i64>) {
        let oldest = self.waiting.values().filter_map(VecDeque::front).min();
        (self.count as u64 + self.not_followed, oldest.copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_one_id_are_taken_in_their_order() {
        let mut queue = Queue::default();
        queue.enqueued(7, 10);
        queue.enqueued(7, 20);
        queue.enqueued(8, 25);
        queue.dequeued(7, 40);
        queue.dequeued(9, 41);
        assert_eq!(queue.waiting(), (2, Some(20)));
        queue.dequeued(7, 50);
        let delays = queue.delays.summary();
        assert_eq!((delays.count, delays.total_ns, delays.max_ns), (2, 60, 30));
        assert_eq!((queue.unmatched, queue.waiting()), (1, (1, Some(25))));
    }
}
