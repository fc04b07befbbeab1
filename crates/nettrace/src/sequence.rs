//! Sequence numbers: how a reader learns that the writer dropped events.
//!
//! Each capture thread numbers its events 1, 2, 3 ... and counts those it must drop as well, so a gap is a loss. A
//! sequence point lists the last number of every live thread, which shows losses at the end of a thread's events.

use std::collections::HashMap;

use crate::cursor::{Cursor, Stop};
use crate::statistics::Statistics;

/// A point in time: every event before it in the stream is not later, every event after it is not earlier. Stack ids are
/// void after it.
#[derive(Debug, Clone, Copy)]
pub struct SequencePoint<'a> {
    /// The time, in ticks.
    pub timestamp: i64,
    threads: &'a [u8],
}

/// Bytes of one thread in a sequence point.
const THREAD_SIZE: usize = 12;

impl<'a> SequencePoint<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Stop> {
        let timestamp = cursor.i64()?;
        let count = usize::try_from(cursor.i32()?)
            .map_err(|_| Stop::Malformed("the number of threads is negative"))?;
        let size = count.checked_mul(THREAD_SIZE).ok_or(Stop::Malformed("too many threads"))?;
        Ok(Self { timestamp, threads: cursor.take(size)? })
    }

    /// The live threads: capture thread id and the number of its last event.
    #[must_use]
    pub fn threads(&self) -> impl ExactSizeIterator<Item = (u64, u32)> + use<'a> {
        self.threads.chunks_exact(THREAD_SIZE).map(|bytes| {
            let mut cursor = Cursor::new(bytes);
            (cursor.u64().unwrap_or_default(), cursor.u32().unwrap_or_default())
        })
    }
}

/// Last sequence numbers and losses of all capture threads.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    index: HashMap<u64, u32>,
    list: Vec<Thread>,
}

#[derive(Debug, Clone, Copy)]
struct Thread {
    id: u64,
    last: u32,
    lost: u64,
    /// Number of the last sequence point that listed it, or during which it was first seen.
    seen: u64,
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
    /// Moves on to the number `last`, where `expected` would mean that nothing was lost.
    fn advance(&mut self, expected: u32, last: u32, statistics: &mut Statistics) {
        // A last number of zero says only that the thread existed; what it lost before is not known.
        let step = match last.wrapping_sub(expected) {
            _ if self.last == 0 => Step::Next,
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
        let thread = Thread { id, last: sequence, lost: 0, seen: statistics.sequence_points };
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
        if self.list.len() >= (limit / 2) as usize {
            self.forget_finished(statistics.sequence_points);
        }
        for (id, last) in point.threads() {
            let known = self.index.get(&id).and_then(|&index| self.list.get_mut(index as usize));
            if let Some(thread) = known {
                thread.advance(thread.last, last, statistics);
                thread.seen = statistics.sequence_points;
            } else if self
                .insert(Thread { id, last, lost: 0, seen: statistics.sequence_points }, limit)
                .is_none()
            {
                statistics.untracked_threads += 1;
            }
        }
    }

    /// Threads that lost events, and how many each.
    pub(crate) fn lost(&self) -> impl Iterator<Item = (u64, u64)> {
        self.list.iter().filter(|thread| thread.lost > 0).map(|thread| (thread.id, thread.lost))
    }

    fn insert(&mut self, thread: Thread, limit: u32) -> Option<u32> {
        let index = u32::try_from(self.list.len()).ok().filter(|index| *index < limit)?;
        self.index.insert(thread.id, index);
        self.list.push(thread);
        Some(index)
    }

    /// Leaves out threads that the last sequence point before `now` did not list: they have ended. Those that lost events
    /// stay, so that the loss can be told.
    fn forget_finished(&mut self, now: u64) {
        self.list.retain(|thread| thread.lost > 0 || thread.seen + 1 >= now);
        self.index.clear();
        for (thread, index) in self.list.iter().zip(0u32..) {
            self.index.insert(thread.id, index);
        }
    }
}
