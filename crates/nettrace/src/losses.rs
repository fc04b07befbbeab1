//! Sequence numbers: how a reader learns that the writer dropped events.
//!
//! Each capture thread numbers its events 1, 2, 3 ... and counts those it must drop as well, so a gap is a loss. A
//! sequence point lists the last number of every live thread, which shows losses at the end of a thread's events.

use std::collections::HashMap;

use crate::sequence::SequencePoint;
use crate::statistics::Statistics;

/// Last sequence numbers and losses of all capture threads, by id or, in version 6, by index.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    index: HashMap<u64, u32>,
    list: Vec<Thread>,
    /// Threads in `list` that were removed, and are there only for what they lost.
    removed: usize,
}

#[derive(Debug, Clone, Copy)]
struct Thread {
    /// What it is found by.
    key: u64,
    /// What it is called in reports.
    id: u64,
    last: u32,
    lost: u64,
    /// Number of the last sequence point that listed it, or during which it was first seen.
    seen: u64,
    /// Whether its numbers are known from the first on, so that a last number of zero means that.
    from_start: bool,
    /// Whether it was removed: its key is free for others.
    removed: bool,
}

/// What a thread's next number says.
enum Step {
    /// As expected, or nothing is known.
    Next,
    /// So many are missing.
    Gap(u32),
    /// The number went backwards: another thread with the same id.
    Reset,
}

impl Thread {
    /// A thread of which nothing was known before.
    fn first_seen(id: u64, last: u32, statistics: &Statistics) -> Self {
        let seen = statistics.sequence_points;
        Self { key: id, id, last, lost: 0, seen, from_start: false, removed: false }
    }

    /// Moves on to the number `last`, where `expected` would mean that nothing was lost.
    fn advance(&mut self, expected: u32, last: u32, statistics: &mut Statistics) {
        // A last number of zero says only that the thread existed; what it lost before is not known.
        let step = match last.wrapping_sub(expected) {
            _ if self.last == 0 && !self.from_start => Step::Next,
            0 => Step::Next,
            gap if gap <= i32::MAX.unsigned_abs() => Step::Gap(gap),
            _ => Step::Reset,
        };
        self.last = last;
        match step {
            Step::Next => {}
            Step::Gap(gap) => {
                self.lost = self.lost.saturating_add(u64::from(gap));
                statistics.lost_events = statistics.lost_events.saturating_add(u64::from(gap));
            }
            Step::Reset => statistics.sequence_resets += 1,
        }
    }
}

impl Threads {
    /// A thread of version 6 begins: its events will be numbered from 1. `id` is what it is called in reports.
    pub(crate) fn define(&mut self, key: u64, id: u64, limit: u32, statistics: &mut Statistics) {
        self.retire(key);
        let seen = statistics.sequence_points;
        let thread = Thread { key, id, last: 0, lost: 0, seen, from_start: true, removed: false };
        if self.insert(thread, limit).is_none() {
            statistics.untracked_threads += 1;
        }
    }

    /// A thread of version 6 ends, with the number of its last event.
    pub(crate) fn end(&mut self, key: u64, last: u32, statistics: &mut Statistics) {
        if let Some(&index) = self.index.get(&key)
            && let Some(thread) = self.list.get_mut(index as usize)
        {
            thread.advance(thread.last, last, statistics);
        }
        self.retire(key);
    }

    /// All threads end, as a sequence point of version 6 may demand.
    pub(crate) fn end_all(&mut self) {
        self.index.clear();
        self.list.retain(|thread| thread.lost > 0);
        self.list.iter_mut().for_each(|thread| thread.removed = true);
        self.removed = self.list.len();
    }

    /// Frees a thread's key. What it lost is remembered. Handles are void afterwards.
    fn retire(&mut self, key: u64) {
        let Some(index) = self.index.remove(&key) else { return };
        let Some(thread) = self.list.get_mut(index as usize) else { return };
        if thread.lost > 0 {
            thread.removed = true;
            self.removed += 1;
            return;
        }
        self.list.swap_remove(index as usize);
        if let Some(moved) = self.list.get(index as usize).filter(|moved| !moved.removed) {
            self.index.insert(moved.key, index);
        }
    }

    /// A thread's events begin or go on with an explicit number. Returns a handle for [`Self::set_last`].
    pub(crate) fn begin(
        &mut self,
        id: u64,
        sequence: u32,
        limit: u32,
        statistics: &mut Statistics,
    ) -> Option<u32> {
        if let Some(&index) = self.index.get(&id) {
            let thread = self.list.get_mut(index as usize)?;
            thread.advance(thread.last.wrapping_add(1), sequence, statistics);
            return Some(index);
        }
        let thread = Thread::first_seen(id, sequence, statistics);
        let index = self.insert(thread, limit);
        if index.is_none() {
            statistics.untracked_threads += 1;
        }
        index
    }

    /// Records the last number of a run of events.
    #[inline]
    pub(crate) fn set_last(&mut self, handle: Option<u32>, sequence: u32) {
        if let Some(thread) = handle.and_then(|index| self.list.get_mut(index as usize)) {
            thread.last = sequence;
        }
    }

    /// As [`Self::begin`] when the handle is known.
    #[inline]
    pub(crate) fn advance(&mut self, handle: Option<u32>, sequence: u32, statistics: &mut Statistics) {
        if let Some(thread) = handle.and_then(|index| self.list.get_mut(index as usize)) {
            thread.advance(thread.last.wrapping_add(1), sequence, statistics);
        }
    }

    /// A sequence point lists each live thread's last number. Handles are void afterwards.
    pub(crate) fn sequence_point(
        &mut self,
        point: &SequencePoint<'_>,
        limit: u32,
        statistics: &mut Statistics,
    ) {
        statistics.sequence_points += 1;
        // Threads of version 6 end when it is said, and need not be listed before.
        if self.list.len() >= (limit / 2) as usize && self.list.iter().all(|thread| !thread.from_start) {
            self.forget_finished(statistics.sequence_points);
        }
        for (id, last) in point.threads() {
            let known = self.index.get(&id).and_then(|&index| self.list.get_mut(index as usize));
            if let Some(thread) = known {
                thread.advance(thread.last, last, statistics);
                thread.seen = statistics.sequence_points;
            } else if self.insert(Thread::first_seen(id, last, statistics), limit).is_none() {
                statistics.untracked_threads += 1;
            }
        }
    }

    /// Threads that lost events, and how many each.
    pub(crate) fn lost(&self) -> impl Iterator<Item = (u64, u64)> {
        self.list.iter().filter(|thread| thread.lost > 0).map(|thread| (thread.id, thread.lost))
    }

    fn insert(&mut self, thread: Thread, limit: u32) -> Option<u32> {
        if self.list.len() >= limit as usize && self.removed > 0 {
            self.forget_where(|thread| thread.removed);
        }
        let index = u32::try_from(self.list.len()).ok().filter(|index| *index < limit)?;
        self.index.insert(thread.key, index);
        self.list.push(thread);
        Some(index)
    }

    /// Leaves out threads that the last sequence point before `now` did not list: they have ended. Those that lost events
    /// stay, so that the loss can be told.
    fn forget_finished(&mut self, now: u64) {
        self.forget_where(|thread| thread.lost == 0 && thread.seen + 1 < now);
    }

    fn forget_where(&mut self, finished: impl Fn(&Thread) -> bool) {
        self.list.retain(|thread| !finished(thread));
        self.index.clear();
        self.removed = 0;
        for (thread, index) in self.list.iter().zip(0u32..) {
            if thread.removed {
                self.removed += 1;
            } else {
                self.index.insert(thread.key, index);
            }
        }
    }
}
